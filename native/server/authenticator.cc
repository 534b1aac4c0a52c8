#include "server/authenticator.h"

#include "server/failures.h"

#include <boost/beast/core/string.hpp>

namespace libsql::server {

Authenticator::Authenticator(const Options& options)
    : token_(options.token), read_only_token_(options.read_only_token) {
  if (!options.jwt_keys.empty()) jwt_.emplace(options.jwt_keys);
}

Access Authenticator::by_header(std::optional<std::string_view> value) const {
  if (open()) return Access::read_write;
  if (!value) {
    throw RequestRefused(401, "AUTH_HTTP_HEADER_MISSING",
                         "Unauthorized: the header Authorization is missing");
  }
  const std::size_t space = value->find(' ');
  if (space == std::string_view::npos) {
    throw RequestRefused(401, "AUTH_HTTP_HEADER_INVALID",
                         "Unauthorized: the header Authorization is not a scheme and a token");
  }
  const std::string_view scheme = value->substr(0, space);
  if (!boost::beast::iequals({scheme.data(), scheme.size()}, "bearer")) {
    throw RequestRefused(401, "AUTH_HTTP_HEADER_UNSUPPORTED_SCHEME",
                         "Unauthorized: the scheme of Authorization must be Bearer");
  }
  return by_token(value->substr(space + 1));
}

Access Authenticator::by_token(std::optional<std::string_view> token) const {
  if (open()) return Access::read_write;
  if (!token || token->empty()) {
    throw RequestRefused(401, "AUTH_JWT_MISSING", "Unauthorized: the token is missing");
  }
  const bool full = token_ && token_->matches(*token);
  const bool reads = read_only_token_ && read_only_token_->matches(*token);
  if (full) return Access::read_write;
  if (reads) return Access::read_only;
  if (jwt_) return jwt_->verify(*token, std::chrono::system_clock::now());
  throw RequestRefused(401, "AUTH_JWT_INVALID", "Unauthorized: the token is not this server's");
}

}  // namespace libsql::server
