// The pieces of JSON text that Hrana's encoders append.
#ifndef LIBSQL_HRANA_JSON_TEXT_H_
#define LIBSQL_HRANA_JSON_TEXT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hrana/receiver.h"
#include "libsql/value.h"

namespace libsql::hrana::json {

// A string with its quotes. Escapes only what RFC 8259 demands: `"`, `\` and control characters.
// REQUIRES: `text` is UTF-8.
void append_string(std::string_view text, std::string& out);
void append_optional_string(const OptionalText& text, std::string& out);

void append_number(std::int64_t number, std::string& out);
void append_number(std::uint64_t number, std::string& out);
void append_number(double number, std::string& out);  // Shortest that reads back. REQUIRES: finite.
// In quotes, or null.
void append_quoted(std::optional<std::int64_t> number, std::string& out);
void append_quoted(std::optional<std::uint64_t> number, std::string& out);

// A Value. NaN, which SQLite reads as NULL too, becomes null.
// REQUIRES: unsendable(value) is empty.
void append_value(const ValueView& value, std::string& out);

// Why JSON cannot carry the value, or an empty text.
[[nodiscard]] std::string_view unsendable(const ValueView& value) noexcept;

}  // namespace libsql::hrana::json

#endif  // LIBSQL_HRANA_JSON_TEXT_H_
