// Encryption at rest: what a connection needs to read and write an encrypted database file.
// The formats are described in docs/encryption_format.md, what they protect in the guide
// docs/guides/encryption.md.
#ifndef LIBSQL_ENCRYPTION_H_
#define LIBSQL_ENCRYPTION_H_

#include <cstddef>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>

#include "libsql/export.h"

namespace libsql {

namespace detail {
class SecretBytes;
}

// Which format a file is encrypted in.
enum class Cipher {
  aes256cbc,  // libSQL's format: readable by libSQL, without authentication
  aes256gcm,  // authenticated: a changed, moved or exchanged page is an error
};

// How the page key comes from the user's key in Cipher::aes256gcm. libSQL's format has one way.
enum class KeyDerivation {
  hkdf,    // for random keys of 32 bytes or more
  scrypt,  // for passphrases: about 80 ms and 32 MB of memory per opened file
};

// A key. Its bytes lie once in memory that is locked where the system allows it and left out of
// core files; they are wiped when the last copy of the object goes.
//
// Threads: thread-safe; copies share the bytes, which never change.
class LIBSQL_API EncryptionKey {
 public:
  // Copies the bytes. Errors: invalid_argument for an empty key.
  explicit EncryptionKey(std::string_view bytes);

  // Valid as long as this object.
  [[nodiscard]] std::string_view bytes() const noexcept;

 private:
  std::shared_ptr<const detail::SecretBytes> bytes_;
};

// In constant time for keys of one length.
[[nodiscard]] LIBSQL_API bool operator==(const EncryptionKey& a, const EncryptionKey& b) noexcept;

// Writes "[encryption key]", so that no log can show one.
LIBSQL_API std::ostream& operator<<(std::ostream& out, const EncryptionKey& key);

// A key and how it is used. A value type.
struct Encryption {
  EncryptionKey key;
  Cipher cipher = Cipher::aes256cbc;
  KeyDerivation derivation = KeyDerivation::hkdf;
};

// The key of another file than a connection's own: an attached database, a copy.
struct SameKey {};  // as the connection's main database; none if that is not encrypted
struct NoKey {};    // a plain file
using KeyChoice = std::variant<SameKey, NoKey, Encryption>;

// The shortest key: of 256 bits, for libSQL's format and for KeyDerivation::hkdf.
inline constexpr std::size_t kMinimumKeyBytes = 32;

// The cipher of a name, "aes256cbc" or "aes256gcm".
[[nodiscard]] LIBSQL_API std::optional<Cipher> cipher_of(std::string_view name) noexcept;
[[nodiscard]] LIBSQL_API std::string_view to_string(Cipher cipher) noexcept;

}  // namespace libsql

#endif  // LIBSQL_ENCRYPTION_H_
