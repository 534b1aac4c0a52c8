// Connections that streams have left as they found them, for the next streams: opening one takes
// ten times as long as a short query.
#ifndef LIBSQL_SERVER_IDLE_CONNECTIONS_H_
#define LIBSQL_SERVER_IDLE_CONNECTIONS_H_

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "core/mutex.h"
#include "libsql/connection.h"

namespace libsql::server {

// Threads: thread-safe.
class IdleConnections {
 public:
  // The one that was given last: its caches are warm.
  [[nodiscard]] std::optional<Connection> take() LIBSQL_EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    if (connections_.empty()) return std::nullopt;
    std::optional<Connection> taken(std::move(connections_.back()));
    connections_.pop_back();
    return taken;
  }
  // Closes it if there are enough. REQUIRES: it has no transaction, and nothing of it is in use.
  void give(Connection connection) LIBSQL_EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    if (connections_.size() < kMost) connections_.push_back(std::move(connection));
  }

 private:
  static constexpr std::size_t kMost = 16;

  core::Mutex mutex_;
  std::vector<Connection> connections_ LIBSQL_GUARDED_BY(mutex_);
};

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_IDLE_CONNECTIONS_H_
