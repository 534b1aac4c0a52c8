// The public type of a key.
#include <openssl/crypto.h>

#include <algorithm>
#include <ostream>

#include "encryption/secret_memory.h"
#include "libsql/encryption.h"
#include "libsql/error.h"

namespace libsql {

namespace detail {

class SecretBytes {
 public:
  explicit SecretBytes(std::string_view bytes) : memory_(bytes.size()) {
    std::ranges::copy(bytes, memory_.bytes().begin());
  }
  [[nodiscard]] std::string_view text() const noexcept {
    const auto bytes = memory_.bytes();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

 private:
  encryption::SecretMemory memory_;
};

}  // namespace detail

EncryptionKey::EncryptionKey(std::string_view bytes) {
  if (bytes.empty()) throw Error(ErrorKind::invalid_argument, "the encryption key is empty");
  bytes_ = std::make_shared<const detail::SecretBytes>(bytes);
}

std::string_view EncryptionKey::bytes() const noexcept { return bytes_->text(); }

bool operator==(const EncryptionKey& a, const EncryptionKey& b) noexcept {
  const std::string_view left = a.bytes();
  const std::string_view right = b.bytes();
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

std::ostream& operator<<(std::ostream& out, const EncryptionKey& /*key*/) {
  return out << "[encryption key]";
}

std::optional<Cipher> cipher_of(std::string_view name) noexcept {
  if (name == "aes256cbc") return Cipher::aes256cbc;
  if (name == "aes256gcm") return Cipher::aes256gcm;
  return std::nullopt;
}

std::string_view to_string(Cipher cipher) noexcept {
  switch (cipher) {
    case Cipher::aes256cbc:
      return "aes256cbc";
    case Cipher::aes256gcm:
      return "aes256gcm";
  }
  return "";
}

}  // namespace libsql
