// Upper and lower case of ASCII letters, which is all that SQLite's names ignore.
#ifndef LIBSQL_SHELL_ASCII_H_
#define LIBSQL_SHELL_ASCII_H_

#include <algorithm>
#include <string_view>

namespace libsql::shell {

[[nodiscard]] constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

[[nodiscard]] constexpr char upper(char c) noexcept {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

// Equal, apart from case.
[[nodiscard]] inline bool same_letters(std::string_view left, std::string_view right) noexcept {
  return std::ranges::equal(left, right, {}, lower, lower);
}

// `text` begins with `prefix`, apart from case.
[[nodiscard]] inline bool begins_with(std::string_view text, std::string_view prefix) noexcept {
  return same_letters(text.substr(0, prefix.size()), prefix);
}

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_ASCII_H_
