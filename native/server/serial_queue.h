// Runs tasks one after the other, on the threads of a pool: the requests of one stream.
#ifndef LIBSQL_SERVER_SERIAL_QUEUE_H_
#define LIBSQL_SERVER_SERIAL_QUEUE_H_

#include <deque>
#include <functional>
#include <memory>

#include "core/mutex.h"
#include "core/thread_pool.h"

namespace libsql::server {

// Threads: thread-safe.
class SerialQueue : public std::enable_shared_from_this<SerialQueue> {
 public:
  using Task = std::function<void()>;

  explicit SerialQueue(core::ThreadPool& pool) : pool_(pool) {}

  // What a task throws ends the process. Once the pool has stopped, tasks are dropped.
  void post(Task task) LIBSQL_EXCLUDES(mutex_);
  // No task waits or runs.
  [[nodiscard]] bool is_idle() const LIBSQL_EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    return !running_;
  }

 private:
  class Turn;
  void drop() noexcept LIBSQL_EXCLUDES(mutex_);
  void run() noexcept LIBSQL_EXCLUDES(mutex_);

  core::ThreadPool& pool_;
  mutable core::Mutex mutex_;
  std::deque<Task> tasks_ LIBSQL_GUARDED_BY(mutex_);
  bool running_ LIBSQL_GUARDED_BY(mutex_) = false;
};

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_SERIAL_QUEUE_H_
