// SQL text that no connection runs, wherever its database is.
#ifndef LIBSQL_CORE_SQL_REFUSED_H_
#define LIBSQL_CORE_SQL_REFUSED_H_

#include <string_view>

namespace libsql::core {

// SQLite stops reading at a zero byte, so that a part of the text would run. Errors:
// invalid_argument, with the byte's offset.
void refuse_zero_byte(std::string_view sql);

// "PRAGMA key" or "ATTACH ... KEY" if the statement gives a key as other builds of SQLite take it,
// else empty. It shows nothing of the key.
[[nodiscard]] std::string_view statement_with_key(std::string_view sql);

// The error about such a statement. It does not contain the text, which contains the key.
[[noreturn]] void refuse_statement_with_key(std::string_view shown);

}  // namespace libsql::core

#endif  // LIBSQL_CORE_SQL_REFUSED_H_
