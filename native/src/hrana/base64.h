// Base64 as Hrana uses it (RFC 4648, section 4): the standard alphabet, written without padding,
// read with and without.
#ifndef LIBSQL_HRANA_BASE64_H_
#define LIBSQL_HRANA_BASE64_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace libsql::hrana {

// Appends `bytes` in base64, unpadded.
void append_base64(std::string_view bytes, std::string& out);

// Decodes `text` in place; returns the number of bytes, or nothing if it is not base64: another
// character, wrong padding, a length of 4n + 1, or bits beyond the last byte that are not zero.
[[nodiscard]] std::optional<std::size_t> decode_base64(std::span<char> text) noexcept;

}  // namespace libsql::hrana

#endif  // LIBSQL_HRANA_BASE64_H_
