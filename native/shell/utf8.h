// Reads UTF-8 text by characters, to measure and to escape what is printed.
#ifndef LIBSQL_SHELL_UTF8_H_
#define LIBSQL_SHELL_UTF8_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace libsql::shell {

inline constexpr char32_t kReplacement = 0xFFFD;

// Removes the first character from `text`, which must not be empty, and returns it. Each byte of
// malformed UTF-8 counts as one character, kReplacement.
[[nodiscard]] char32_t take_character(std::string_view& text) noexcept;

// The number of characters (code points) in `text`.
[[nodiscard]] std::size_t count_characters(std::string_view text) noexcept;

// Columns of a terminal that `text` covers: two for a wide character, none for a combining one.
// Uses the locale's wcwidth(), so LC_CTYPE must name a UTF-8 locale.
[[nodiscard]] std::size_t display_width(std::string_view text) noexcept;

// `text` on one line and safe for a terminal: control characters become \n, \r, \t or \xHH and
// malformed bytes the replacement character. Those in `kept` stay as they are.
[[nodiscard]] std::string printable(std::string_view text, std::string_view kept = {});

// `text` with malformed bytes replaced.
[[nodiscard]] std::string well_formed(std::string_view text);

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_UTF8_H_
