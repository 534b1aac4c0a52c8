// JSON web tokens as sqld verifies them: Ed25519 signatures (RFC 8037), and claims that say what
// their owner may do.
#ifndef LIBSQL_SERVER_JWT_H_
#define LIBSQL_SERVER_JWT_H_

#include <openssl/evp.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/sql_session.h"

namespace libsql::server {

// Threads: thread-safe.
class JwtVerifier {
 public:
  // `keys`: PEM blocks "PUBLIC KEY", or one raw key of 32 bytes in base64url.
  // Errors: Error invalid_argument if there is none, or one is no Ed25519 key.
  explicit JwtVerifier(std::string_view keys);

  // What the token's owner may do at this time. Errors: RequestRefused 401 with a code AUTH_JWT_…,
  // 403 if the token gives no right to this database. Messages never quote the token.
  [[nodiscard]] Access verify(std::string_view token,
                              std::chrono::system_clock::time_point now) const;

 private:
  struct FreeKey {
    void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
  };
  using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

  [[nodiscard]] static std::vector<Key> read_pem(std::string_view pem);
  [[nodiscard]] static Key read_raw(std::string_view text);
  [[nodiscard]] bool is_signed(std::string_view text, std::string_view signature) const;

  std::vector<Key> keys_;
};

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_JWT_H_
