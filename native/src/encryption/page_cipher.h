// How one page becomes what the file holds, and back. One implementation per format.
//
// A page image looks the same in the main file, in the write-ahead log and in the rollback journal:
// its number decides, not where it lies. Pages are numbered from 1.
#ifndef LIBSQL_ENCRYPTION_PAGE_CIPHER_H_
#define LIBSQL_ENCRYPTION_PAGE_CIPHER_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "encryption/openssl.h"
#include "encryption/refusal.h"
#include "libsql/encryption.h"

namespace libsql::encryption {

// The largest page number: libSQL keeps them in signed integers.
inline constexpr std::uint32_t kMaxPageNumber = 0x7FFFFFFE;

// Errors: those of openssl.h.
// Threads: thread-compatible.
class PageCipher {
 public:
  PageCipher() = default;
  PageCipher(const PageCipher&) = delete;
  PageCipher& operator=(const PageCipher&) = delete;
  virtual ~PageCipher() = default;

  [[nodiscard]] virtual Cipher cipher() const noexcept = 0;
  // Bytes at the end of each page that belong to the cipher.
  [[nodiscard]] virtual std::size_t reserved_bytes() const noexcept = 0;

  // Looks at the first kHeaderBytes of a file that is not empty, and takes from them what the
  // format keeps there. Refusal::none if the key fits; then what follows is for this file.
  [[nodiscard]] virtual Refusal open(ConstBytes header) = 0;

  // `cipher` has the length of `plain`, and does not overlap it.
  virtual void encrypt(std::uint32_t number, ConstBytes plain, Bytes cipher) = 0;
  // In place. False: not a page of this key, and the bytes are zeros.
  [[nodiscard]] virtual bool decrypt(std::uint32_t number, Bytes page) = 0;
  // Whether decrypt() takes the first bytes of a page alone: a multiple of 16, and of page 1 at
  // least 32.
  [[nodiscard]] virtual bool decrypts_prefix() const noexcept = 0;
};

// Takes any key; the length is checked where options are.
[[nodiscard]] std::unique_ptr<PageCipher> make_page_cipher(const Encryption& encryption);

}  // namespace libsql::encryption

#endif  // LIBSQL_ENCRYPTION_PAGE_CIPHER_H_
