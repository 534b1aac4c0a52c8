// Who may do what: a fixed token for everything, one for reading, and JSON web tokens.
#ifndef LIBSQL_SERVER_AUTHENTICATOR_H_
#define LIBSQL_SERVER_AUTHENTICATOR_H_

#include <optional>
#include <string_view>

#include "server/jwt.h"
#include "server/options.h"

namespace libsql::server {

// Threads: thread-safe.
class Authenticator {
 public:
  // Errors: those of JwtVerifier.
  explicit Authenticator(const Options& options);

  // By the header Authorization of an HTTP request; nothing if there is none.
  // Errors: RequestRefused 401 or 403, without the token.
  [[nodiscard]] Access by_header(std::optional<std::string_view> value) const;
  // By the token of a hello. Errors: as above.
  [[nodiscard]] Access by_token(std::optional<std::string_view> token) const;
  // Everybody may do everything.
  [[nodiscard]] bool open() const noexcept { return !token_ && !read_only_token_ && !jwt_; }

 private:
  std::optional<TokenDigest> token_;
  std::optional<TokenDigest> read_only_token_;
  std::optional<JwtVerifier> jwt_;
};

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_AUTHENTICATOR_H_
