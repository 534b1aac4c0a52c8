// Answers to HTTP requests that are made on threads of the pool: they read files, or wait for the
// database.
#ifndef LIBSQL_SERVER_REPLICATION_POOL_ANSWER_H_
#define LIBSQL_SERVER_REPLICATION_POOL_ANSWER_H_

#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "server/http_reply.h"
#include "server/services.h"

namespace libsql::server::replication {

// A body of any length, made piece by piece. Every call may come from another thread of the pool.
class Body {
 public:
  Body() = default;
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;
  virtual ~Body() = default;

  // Appends the next bytes. False, and nothing more may be asked, if they are the last. What it
  // throws cuts the connection: the client sees that the body is not whole.
  [[nodiscard]] virtual bool next(std::string& bytes) = 0;
};

struct StreamedBody {
  std::string content_type;
  std::unique_ptr<Body> body;
};
using PoolAnswer = std::variant<HttpResponse, StreamedBody>;

// Sends what `work` returns. What it throws becomes a response with status 500.
//
// Threads: on the I/O thread; returns at once. `work` runs on a thread of the pool.
void answer_on_pool(Services& services, HttpReply reply, std::function<PoolAnswer()> work);

}  // namespace libsql::server::replication

#endif  // LIBSQL_SERVER_REPLICATION_POOL_ANSWER_H_
