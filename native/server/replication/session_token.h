// What V1 calls a session: the life of this process. Clients that name another one say Hello again.
#ifndef LIBSQL_SERVER_REPLICATION_SESSION_TOKEN_H_
#define LIBSQL_SERVER_REPLICATION_SESSION_TOKEN_H_

#include <string>
#include <string_view>

#include "server/replication/log_view.h"

namespace libsql::server::replication {

// Threads: thread-safe, as it never changes.
class SessionToken {
 public:
  // A UUID.
  [[nodiscard]] std::string_view text() const noexcept { return text_; }

 private:
  const std::string text_ = text_of(random_id());
};

}  // namespace libsql::server::replication

#endif  // LIBSQL_SERVER_REPLICATION_SESSION_TOKEN_H_
