// SQL's keywords, for completion and for quoting names.
#ifndef LIBSQL_SHELL_KEYWORDS_H_
#define LIBSQL_SHELL_KEYWORDS_H_

#include <span>
#include <string>
#include <string_view>

namespace libsql::shell {

// SQLite's keywords in upper case, in alphabetical order. Source: sqlite.org/lang_keywords.html
[[nodiscard]] std::span<const std::string_view> keywords() noexcept;

// In any mixture of cases.
[[nodiscard]] bool is_keyword(std::string_view word);

// `name` as SQL reads it: in double quotes only if it is a keyword or no plain identifier.
[[nodiscard]] std::string identifier_text(std::string_view name);

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_KEYWORDS_H_
