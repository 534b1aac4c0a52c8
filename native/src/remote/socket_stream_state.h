// What is known of one stream over a WebSocket, on both sides: for the thread that sends on it, and
// for the I/O thread.
#ifndef LIBSQL_REMOTE_SOCKET_STREAM_STATE_H_
#define LIBSQL_REMOTE_SOCKET_STREAM_STATE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "core/mutex.h"

namespace libsql::remote {

class SocketCursor;
class SocketExchange;
class SocketLink;

// Threads: thread-safe, except link().
class SocketStreamState {
 public:
  // The stream's id, if the server keeps it.
  [[nodiscard]] std::optional<std::int32_t> id() const {
    const core::MutexLock lock(mutex_);
    return id_;
  }
  void set_id(std::optional<std::int32_t> id) {
    const core::MutexLock lock(mutex_);
    id_ = id;
  }
  // What is under way.
  [[nodiscard]] std::shared_ptr<SocketExchange> current() const {
    const core::MutexLock lock(mutex_);
    return current_;
  }
  void set_current(std::shared_ptr<SocketExchange> exchange) {
    const core::MutexLock lock(mutex_);
    current_ = std::move(exchange);
  }
  // The cursor that is open.
  [[nodiscard]] std::shared_ptr<SocketCursor> cursor() const {
    const core::MutexLock lock(mutex_);
    return cursor_;
  }
  void set_cursor(std::shared_ptr<SocketCursor> cursor) {
    const core::MutexLock lock(mutex_);
    cursor_ = std::move(cursor);
  }

  // Of the I/O thread: the socket on which the stream was opened; gone with it.
  [[nodiscard]] std::shared_ptr<SocketLink> link() const noexcept { return link_.lock(); }
  void set_link(const std::shared_ptr<SocketLink>& link) noexcept { link_ = link; }

 private:
  mutable core::Mutex mutex_;
  std::optional<std::int32_t> id_ LIBSQL_GUARDED_BY(mutex_);
  std::shared_ptr<SocketExchange> current_ LIBSQL_GUARDED_BY(mutex_);
  std::shared_ptr<SocketCursor> cursor_ LIBSQL_GUARDED_BY(mutex_);
  std::weak_ptr<SocketLink> link_;
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_SOCKET_STREAM_STATE_H_
