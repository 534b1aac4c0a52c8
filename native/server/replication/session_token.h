// What V1 calls a session: one log, as one process serves it. Clients that name another one say
// Hello again, and learn which log it is.
#ifndef LIBSQL_SERVER_REPLICATION_SESSION_TOKEN_H_
#define LIBSQL_SERVER_REPLICATION_SESSION_TOKEN_H_

#include <string>

#include "server/replication/log_view.h"

namespace libsql::server::replication {

// Threads: thread-safe, as it never changes.
class SessionToken {
 public:
  // A UUID. A log that has begun anew within the process has another one: numbers of its frames
  // mean nothing to who follows the old one.
  [[nodiscard]] std::string text(const LogId& log) const {
    LogId token = process_;
    for (std::size_t i = 0; i < token.size(); ++i) {
      token[i] = static_cast<unsigned char>(token[i] ^ log[i]);
    }
    return text_of(token);
  }

 private:
  const LogId process_ = random_id();
};

}  // namespace libsql::server::replication

#endif  // LIBSQL_SERVER_REPLICATION_SESSION_TOKEN_H_
