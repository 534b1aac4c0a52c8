// The authenticated format: XAES-256-GCM with the page number and the file bound to every page. A
// changed, moved or exchanged page does not verify. docs/encryption_format.md describes it whole.
#ifndef LIBSQL_ENCRYPTION_AES256GCM_H_
#define LIBSQL_ENCRYPTION_AES256GCM_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "encryption/aes256gcm_header.h"
#include "encryption/page_cipher.h"
#include "encryption/xaes256gcm.h"

namespace libsql::encryption {

// At the end of each page: the tag, then the random part of the nonce. 32 bytes are also the most
// that pages of 512 bytes can spare. Source: sqlite.org/fileformat2.html#resbyte
inline constexpr std::size_t kGcmRandom = 16;
inline constexpr std::size_t kGcmReserved = kGcmTag + kGcmRandom;

class Aes256Gcm final : public PageCipher {
 public:
  // For a file that open() has not seen, there is a new file id. `random` makes nonces and ids.
  Aes256Gcm(EncryptionKey key, KeyDerivation derivation, void (*random)(Bytes) = fill_random);

  [[nodiscard]] Cipher cipher() const noexcept override { return Cipher::aes256gcm; }
  [[nodiscard]] std::size_t reserved_bytes() const noexcept override { return kGcmReserved; }
  [[nodiscard]] Refusal open(ConstBytes header) override;
  void encrypt(std::uint32_t number, ConstBytes plain, Bytes cipher) override;
  [[nodiscard]] bool decrypt(std::uint32_t number, Bytes page) override;
  [[nodiscard]] bool decrypts_prefix() const noexcept override { return false; }

 private:
  // Sets the page key to that of `header`, and its key check.
  void derive(GcmHeader& header);
  // The file's header, for a new one made when its first page is written.
  void need_header();
  // What is authenticated without being encrypted.
  [[nodiscard]] ConstBytes associated(std::uint32_t number, ConstBytes page);

  EncryptionKey key_;
  KeyDerivation derivation_;
  void (*random_)(Bytes);
  Xaes256Gcm xaes_;
  bool has_header_ = false;
  GcmHeader header_;
  std::array<unsigned char, GcmHeader::kPrefixBytes + kFileIdBytes + 4 + 8 + kKeyCheckBytes>
      associated_{};
};

}  // namespace libsql::encryption

#endif  // LIBSQL_ENCRYPTION_AES256GCM_H_
