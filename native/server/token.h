// A fixed bearer token, as the server knows it: by its digest alone, so that no log, error or core
// dump of the server can show it.
#ifndef LIBSQL_SERVER_TOKEN_H_
#define LIBSQL_SERVER_TOKEN_H_

#include <array>
#include <string_view>

namespace libsql::server {

class TokenDigest {
 public:
  // Errors: invalid_argument for an empty token.
  explicit TokenDigest(std::string_view token);

  // Takes the same time for every token of one length.
  [[nodiscard]] bool matches(std::string_view token) const noexcept;

 private:
  std::array<unsigned char, 32> sha256_{};
};

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_TOKEN_H_
