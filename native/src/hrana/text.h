// UTF-8 at the border: what the protocol can carry as text.
#ifndef LIBSQL_HRANA_TEXT_H_
#define LIBSQL_HRANA_TEXT_H_

#include <string>
#include <string_view>

#include "hrana/receiver.h"
#include "libsql/value.h"

namespace libsql::hrana {

// As libsql::is_utf8, with SIMD instructions.
[[nodiscard]] bool is_utf8_fast(std::string_view text) noexcept;

// Errors: invalid_argument, naming `what`, if `text` is not UTF-8.
void require_utf8(std::string_view text, std::string_view what);

// A name or message for people: each byte that is no UTF-8 becomes U+FFFD.
[[nodiscard]] std::string readable(std::string_view text);

}  // namespace libsql::hrana

#endif  // LIBSQL_HRANA_TEXT_H_
