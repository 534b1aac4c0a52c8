#include "server/batons.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <cstring>

#include "hrana/base64.h"
#include "libsql/error.h"

namespace libsql::server {
namespace {

constexpr std::size_t kPayloadBytes = sizeof(Baton);

}  // namespace

Batons::Batons() {
  if (RAND_bytes(key_.data(), static_cast<int>(key_.size())) != 1) {
    throw Error(ErrorKind::io, "the system gives no random bytes");
  }
}

Batons::Signature Batons::sign(std::string_view payload) const {
  Signature signature{};
  unsigned int size = kSignatureBytes;
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
       reinterpret_cast<const unsigned char*>(payload.data()), payload.size(), signature.data(),
       &size);
  return signature;
}

std::string Batons::write(const Baton& baton) const {
  std::string bytes(kPayloadBytes, '\0');
  std::memcpy(bytes.data(), &baton, kPayloadBytes);
  const Signature signature = sign(bytes);
  bytes.append(reinterpret_cast<const char*>(signature.data()), signature.size());
  std::string text;
  hrana::append_base64(bytes, text);
  return text;
}

std::optional<Baton> Batons::read(std::string_view text) const {
  std::string bytes(text);
  const std::optional<std::size_t> size = hrana::decode_base64(bytes);
  if (size != kPayloadBytes + kSignatureBytes) return std::nullopt;
  const Signature expected = sign(std::string_view(bytes).substr(0, kPayloadBytes));
  if (CRYPTO_memcmp(expected.data(), bytes.data() + kPayloadBytes, kSignatureBytes) != 0) {
    return std::nullopt;
  }
  Baton baton;
  std::memcpy(&baton, bytes.data(), kPayloadBytes);
  return baton;
}

}  // namespace libsql::server
