// What the first bytes of a database file reveal without a key.
//
// Source: sqlite.org/fileformat2.html#the_database_header and docs/encryption_format.md.
#ifndef LIBSQL_ENCRYPTION_FILE_HEADER_H_
#define LIBSQL_ENCRYPTION_FILE_HEADER_H_

#include <cstddef>
#include <cstdint>

#include "core/big_endian.h"
#include "encryption/openssl.h"

namespace libsql::encryption {

inline constexpr std::size_t kHeaderBytes = 100;
inline constexpr std::size_t kMinPageSize = 512;
inline constexpr std::size_t kMaxPageSize = 65536;
// Header bytes 16 to 23 are clear in every format.
inline constexpr std::size_t kClearFrom = 16;
inline constexpr std::size_t kClearTo = 24;

// "SQLite format 3" and a NUL.
inline constexpr unsigned char kPlainMagic[16] = {'S', 'Q', 'L', 'i', 't', 'e', ' ', 'f',
                                                  'o', 'r', 'm', 'a', 't', ' ', '3', 0};

enum class FileKind : std::uint8_t {
  empty,              // no bytes, or zeros: nothing has been committed yet
  plain,              // not encrypted
  aes256gcm,          // the authenticated format
  perhaps_aes256cbc,  // the clear bytes are those of a header: libSQL's format, or damage
  unknown,            // neither
};

// `first`: the first bytes of the file, kHeaderBytes unless it is shorter.
[[nodiscard]] FileKind kind_of_file(ConstBytes first) noexcept;

[[nodiscard]] bool is_page_size(std::size_t size) noexcept;

// Whether the clear bytes of a header are possible, and the page size they hold.
[[nodiscard]] bool has_clear_header(ConstBytes first) noexcept;
[[nodiscard]] std::size_t page_size_of(ConstBytes first) noexcept;
// Bytes at the end of each page that SQLite leaves alone.
[[nodiscard]] std::size_t reserved_of(ConstBytes first) noexcept;

[[nodiscard]] bool all_zero(ConstBytes bytes) noexcept;

using core::load_be32;
using core::store_be32;

}  // namespace libsql::encryption

#endif  // LIBSQL_ENCRYPTION_FILE_HEADER_H_
