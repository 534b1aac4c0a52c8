// libSQL's format: AES-256 in CBC mode, a key and an initial vector per page, no authentication.
#ifndef LIBSQL_ENCRYPTION_AES256CBC_H_
#define LIBSQL_ENCRYPTION_AES256CBC_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "encryption/page_cipher.h"
#include "encryption/secret_memory.h"

namespace libsql::encryption {

inline constexpr std::size_t kAesBlock = 16;
inline constexpr std::size_t kAes256Key = 32;
using AesBlock = std::array<unsigned char, kAesBlock>;

// The first 32 bytes of the key, filled up with the constant of PDF's standard security handler.
void pad_key(std::string_view key, Bytes padded);
// SHA-256, applied 4,002 times to the padded key.
void derive_master_key(std::string_view key, Bytes master);
// SHA-256 of the master key, the page number (little-endian) and "sAlT".
void derive_page_key(EVP_MD_CTX* context, ConstBytes master, std::uint32_t number, Bytes key);
// MD5 of four numbers that a linear congruential generator makes of the page number. The same for
// every key.
[[nodiscard]] AesBlock initial_vector(EVP_MD_CTX* context, std::uint32_t number);

class Aes256Cbc final : public PageCipher {
 public:
  // Takes about a millisecond.
  explicit Aes256Cbc(const EncryptionKey& key);

  [[nodiscard]] Cipher cipher() const noexcept override { return Cipher::aes256cbc; }
  [[nodiscard]] std::size_t reserved_bytes() const noexcept override { return 0; }
  [[nodiscard]] Refusal open(ConstBytes header) override;
  void encrypt(std::uint32_t number, ConstBytes plain, Bytes cipher) override;
  [[nodiscard]] bool decrypt(std::uint32_t number, Bytes page) override;
  [[nodiscard]] bool decrypts_prefix() const noexcept override { return true; }

 private:
  // A page's key and initial vector, kept for the next use.
  struct PageKey {
    std::array<unsigned char, kAes256Key> key;
    AesBlock iv;
    std::uint32_t number;  // 0: unused
  };
  static constexpr std::size_t kCached = 64;
  struct Secrets {
    std::array<unsigned char, kAes256Key> master;
    std::array<PageKey, kCached> pages;
  };

  [[nodiscard]] Secrets& secrets() noexcept;
  [[nodiscard]] const PageKey& page_key(std::uint32_t number);
  // One run of CBC from the page's initial vector; `from` may be `to`.
  void run_encrypt(std::uint32_t number, ConstBytes from, unsigned char* to);
  void run_decrypt(std::uint32_t number, Bytes bytes);

  SecretMemory memory_{sizeof(Secrets)};
  // One per algorithm: a context that changes it allocates.
  DigestContext sha256_ = make_digest_context();
  DigestContext md5_ = make_digest_context();
  CipherContext encryptor_ = make_cipher_context();
  CipherContext decryptor_ = make_cipher_context();
  // The first 8 bytes of every file of this key.
  std::array<unsigned char, 8> fingerprint_{};
};

}  // namespace libsql::encryption

#endif  // LIBSQL_ENCRYPTION_AES256CBC_H_
