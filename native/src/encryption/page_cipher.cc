#include "encryption/page_cipher.h"

#include "encryption/aes256cbc.h"
#include "encryption/aes256gcm.h"
#include "libsql/error.h"

namespace libsql::encryption {

std::unique_ptr<PageCipher> make_page_cipher(const Encryption& encryption) {
  if (encryption.cipher == Cipher::aes256cbc) return std::make_unique<Aes256Cbc>(encryption.key);
  return std::make_unique<Aes256Gcm>(encryption.key, encryption.derivation);
}

}  // namespace libsql::encryption
