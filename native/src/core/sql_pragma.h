// Builds PRAGMA statements from names and values that come from outside, and recognises them.
#ifndef LIBSQL_CORE_SQL_PRAGMA_H_
#define LIBSQL_CORE_SQL_PRAGMA_H_

#include <optional>
#include <string>
#include <string_view>

namespace libsql::core {

// "PRAGMA name" or "PRAGMA name = value". `name` is an identifier, or schema.name; a value that is
// neither an identifier nor a number is quoted. Errors: invalid_argument for any other name and
// for an embedded NUL. Source: sqlite.org/pragma.html
[[nodiscard]] std::string pragma_statement(std::string_view name,
                                           std::optional<std::string_view> value = std::nullopt);

// Is `sql` a PRAGMA of that name, with or without a schema and a value, also after EXPLAIN?
// `upper` is in capitals.
[[nodiscard]] bool is_pragma(std::string_view sql, std::string_view upper) noexcept;

}  // namespace libsql::core

#endif  // LIBSQL_CORE_SQL_PRAGMA_H_
