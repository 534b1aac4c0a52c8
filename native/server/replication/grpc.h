// gRPC-web, the server's side: one request message, and answers that end with a status in trailers.
// Source: github.com/grpc/grpc, doc/PROTOCOL-WEB.md; specification 2.2.
#ifndef LIBSQL_SERVER_REPLICATION_GRPC_H_
#define LIBSQL_SERVER_REPLICATION_GRPC_H_

#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "server/http_reply.h"
#include "server/replication/pool_answer.h"
#include "server/sql_session.h"

namespace libsql::server::replication {

// Codes: github.com/grpc/grpc, doc/statuscodes.md.
enum class GrpcCode : std::uint8_t {
  ok = 0,
  invalid_argument = 3,
  permission_denied = 7,
  resource_exhausted = 8,
  failed_precondition = 9,
  unimplemented = 12,
  internal = 13,
  unavailable = 14,
  unauthenticated = 16,
};

// The end of a call that has failed.
class GrpcError : public std::exception {
 public:
  GrpcError(GrpcCode code, std::string message) : code_(code), message_(std::move(message)) {}
  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }
  [[nodiscard]] GrpcCode code() const noexcept { return code_; }

 private:
  GrpcCode code_;
  std::string message_;
};

// What of a failed request is sent to clients.
[[nodiscard]] GrpcError grpc_error(const RequestRefused& error);

// The message in a request's body; a view into it. Errors: GrpcError invalid_argument.
[[nodiscard]] std::string_view grpc_message(std::string_view body);
// Who asks, by x-authorization, which clients of gRPC send, or authorization.
// Errors: GrpcError unauthenticated, permission_denied.
[[nodiscard]] Access grpc_access(const Services& services, const HttpRequest& request);

// What precedes a message of so many bytes. REQUIRES: less than 4 GiB.
void append_message_head(std::size_t bytes, std::string& out);
void append_trailers(GrpcCode code, std::string_view message, std::string& out);

// Calls `make`; its error becomes the call's status. Protobuf that cannot be read is
// invalid_argument, an error of the library internal.
[[nodiscard]] PoolAnswer grpc_answer(const std::function<PoolAnswer()>& make);
// A whole call: one message, and success.
[[nodiscard]] HttpResponse grpc_response(std::string_view message);
[[nodiscard]] HttpResponse grpc_failure(const GrpcError& error);

inline constexpr std::string_view kGrpcWeb = "application/grpc-web+proto";

}  // namespace libsql::server::replication

#endif  // LIBSQL_SERVER_REPLICATION_GRPC_H_
