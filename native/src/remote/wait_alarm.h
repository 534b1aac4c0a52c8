// Wakes somebody on the I/O thread when the earliest of some deadlines has passed.
#ifndef LIBSQL_REMOTE_WAIT_ALARM_H_
#define LIBSQL_REMOTE_WAIT_ALARM_H_

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "remote/stream.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace libsql::remote {

// Threads: set() is thread-safe; `ring` is called on the I/O thread.
class WaitAlarm : public std::enable_shared_from_this<WaitAlarm> {
 public:
  // Returns when to ring next, if at all. Must not throw.
  using Ring = std::function<std::optional<Deadline>()>;

  WaitAlarm(boost::asio::io_context& context, Ring ring)
      : context_(context), ring_(std::move(ring)), timer_(context) {}

  // It rings at the earliest of the deadlines that were set since it last rang.
  void set(Deadline deadline);

 private:
  void wait_until(Deadline deadline);

  boost::asio::io_context& context_;
  const Ring ring_;
  // Of the I/O thread:
  boost::asio::steady_timer timer_;
  std::optional<Deadline> rings_at_;
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_WAIT_ALARM_H_
