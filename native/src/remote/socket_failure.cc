#include "remote/socket_failure.h"

#include <string>

#include "remote/server_error.h"

namespace libsql::remote {

namespace {

using Reason = HttpFailure::Reason;

std::string instead(const Url& server) {
  return server.tls ? ": use libsql:// or https:// with this server, for HTTP"
                    : ": use http:// with this server, for HTTP";
}

bool comes_and_goes(int status) {
  return status == 429 || status == 502 || status == 503 || status == 504;
}

}  // namespace

Error refusal_of(const WebSocketFailure& failure, const Url& server) {
  const int status = failure.status;
  if (status == 429) return try_again(failure.message);
  if (comes_and_goes(status)) return unreachable(failure.message);
  // Turso's servers on AWS answer 401 or 505 to every WebSocket, whatever the token.
  if (status == 401 || status == 403) {
    return unauthorised(failure.message +
                        ". The token may be wrong, or the server has no WebSockets" +
                        instead(server));
  }
  if (status != 0) return {ErrorKind::unsupported, failure.message + instead(server)};
  switch (failure.reason) {
    case Reason::malformed:
    case Reason::too_large:
      return {ErrorKind::io, failure.message};
    case Reason::resolve:
    case Reason::connect:
    case Reason::tls:
    case Reason::network:
    case Reason::deadline:
    case Reason::cancelled:
      break;
  }
  return unreachable("the server cannot be reached: " + failure.message);
}

bool may_try_again(const WebSocketFailure& failure) noexcept {
  if (failure.status != 0) return comes_and_goes(failure.status);
  switch (failure.reason) {
    case Reason::resolve:
    case Reason::connect:
    case Reason::network:
    case Reason::deadline:
      return true;
    case Reason::tls:
    case Reason::malformed:
    case Reason::too_large:
    case Reason::cancelled:
      break;
  }
  return false;
}

Error loss_of(const WebSocketFailure& failure) {
  if (failure.reason == Reason::too_large) {
    return {ErrorKind::too_big, failure.message + ": read the rows with a cursor"};
  }
  return {ErrorKind::io, failure.message};
}

Error unauthorised_by(const hrana::ErrorView& error) {
  const std::string_view code = error.code.value_or("");
  // Others, such as an unknown namespace, are what their code says.
  if (!code.empty() && !code.starts_with("AUTH_")) return server_error(error);
  return unauthorised(std::string(error.message));
}

}  // namespace libsql::remote
