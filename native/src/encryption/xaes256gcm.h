// XAES-256-GCM: AES-256-GCM with a nonce of 192 bits. Each message has a key of its own, which two
// AES blocks derive from the first half of the nonce; random nonces then never need to be counted.
//
// Source: c2sp.org/XAES-256-GCM
#ifndef LIBSQL_ENCRYPTION_XAES256GCM_H_
#define LIBSQL_ENCRYPTION_XAES256GCM_H_

#include <array>
#include <cstddef>

#include "encryption/openssl.h"
#include "encryption/secret_memory.h"

namespace libsql::encryption {

inline constexpr std::size_t kGcmTag = 16;
using XaesNonce = std::array<unsigned char, 24>;

// Threads: thread-compatible.
class Xaes256Gcm {
 public:
  // Replaces the key, of 32 bytes.
  void set_key(ConstBytes key);

  // Parts of a message, one after the other. The associated data, and two pieces of text.
  struct Piece {
    ConstBytes from;
    unsigned char* to;  // may be the same place
  };
  void seal(const XaesNonce& nonce, ConstBytes associated, std::span<const Piece> text, Bytes tag);
  // False if the tag does not fit; the output is then not to be used.
  [[nodiscard]] bool open(const XaesNonce& nonce, ConstBytes associated,
                          std::span<const Piece> text, ConstBytes tag);

 private:
  // The message's key, in secret_.
  void derive(const XaesNonce& nonce);

  // The constant of the key (K1 of the source), then the message's key.
  SecretMemory secret_{48};
  CipherContext block_ = make_cipher_context();
  CipherContext sealer_ = make_cipher_context();
  CipherContext opener_ = make_cipher_context();
};

}  // namespace libsql::encryption

#endif  // LIBSQL_ENCRYPTION_XAES256GCM_H_
