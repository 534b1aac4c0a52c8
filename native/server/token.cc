#include "server/token.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "libsql/error.h"

namespace libsql::server {
namespace {

std::array<unsigned char, 32> sha256(std::string_view text) noexcept {
  std::array<unsigned char, 32> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

}  // namespace

TokenDigest::TokenDigest(std::string_view token) : sha256_(sha256(token)) {
  if (token.empty()) throw Error(ErrorKind::invalid_argument, "a token must not be empty");
}

bool TokenDigest::matches(std::string_view token) const noexcept {
  const auto other = sha256(token);
  return CRYPTO_memcmp(sha256_.data(), other.data(), sha256_.size()) == 0;
}

}  // namespace libsql::server
