// The one thread that all network I/O of the process runs on.
#ifndef LIBSQL_REMOTE_IO_THREAD_H_
#define LIBSQL_REMOTE_IO_THREAD_H_

#include <chrono>
#include <thread>

#include "remote/resolver.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

namespace libsql::remote {

// Runs from construction to destruction. What was posted before the destruction still runs; what is
// pending then, such as the resolution of a name, is dropped.
//
// Threads: context() may be used from any thread to post; objects bound to it belong to its thread.
class IoThread {
 public:
  explicit IoThread(Resolver::LookUp look_up = Resolver::ask_system);
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;
  // REQUIRES: not on the thread itself.
  ~IoThread();

  // Nothing runs on the thread from now on. Returns when what runs has ended, or after `patience`;
  // at once on the thread itself.
  void park(std::chrono::milliseconds patience) noexcept;

  [[nodiscard]] boost::asio::io_context& context() noexcept { return context_; }
  [[nodiscard]] Resolver& resolver() noexcept { return resolver_; }
  [[nodiscard]] bool is_current() const noexcept {
    return std::this_thread::get_id() == thread_.get_id();
  }

 private:
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  Resolver resolver_;
  std::thread thread_;
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_IO_THREAD_H_
