// The authenticated format's own header: the first 16 bytes of a file, and bytes 72 to 91 of it.
#ifndef LIBSQL_ENCRYPTION_AES256GCM_HEADER_H_
#define LIBSQL_ENCRYPTION_AES256GCM_HEADER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "encryption/openssl.h"
#include "libsql/encryption.h"

namespace libsql::encryption {

// Where the file id and the key check lie: in header bytes that SQLite's format keeps for later
// versions, and zero. Source: sqlite.org/fileformat2.html#the_database_header
inline constexpr std::size_t kFileIdAt = 72;
inline constexpr std::size_t kFileIdBytes = 16;
inline constexpr std::size_t kKeyCheckAt = 88;
inline constexpr std::size_t kKeyCheckBytes = 4;
inline constexpr std::size_t kGcmClearTo = 92;

// How the file's key comes from the user's: all that a reader needs to know.
struct GcmHeader {
  static constexpr std::size_t kPrefixBytes = 16;

  KeyDerivation derivation = KeyDerivation::hkdf;
  ScryptCost cost{};  // zeros for hkdf
  std::array<unsigned char, kFileIdBytes> file_id{};
  std::array<unsigned char, kKeyCheckBytes> key_check{};

  // The first 16 bytes of the file.
  [[nodiscard]] std::array<unsigned char, kPrefixBytes> prefix() const noexcept;
};

// Whether a file begins as one of the authenticated format, of any version.
[[nodiscard]] bool has_gcm_magic(ConstBytes first) noexcept;
// `first`: kHeaderBytes of a file. Empty for a version or a parameter that is not known here.
[[nodiscard]] std::optional<GcmHeader> parse_gcm_header(ConstBytes first) noexcept;

}  // namespace libsql::encryption

#endif  // LIBSQL_ENCRYPTION_AES256GCM_HEADER_H_
