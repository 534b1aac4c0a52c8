// What a statement leaves on the connection that it ran on.
#ifndef LIBSQL_CORE_SQL_TRACES_H_
#define LIBSQL_CORE_SQL_TRACES_H_

#include <string_view>

#include "libsql/sql.h"

namespace libsql::core {

[[nodiscard]] bool is_explain(std::string_view sql) noexcept;

// False: a SELECT. In autocommit it leaves no transaction, temporary table, setting, last rowid or
// count of changes, so the connection can serve somebody else. EXPLAIN is none: a PRAGMA in it acts
// when it is compiled.
[[nodiscard]] bool leaves_traces(std::string_view sql) noexcept;
// The same where its kind is known.
[[nodiscard]] bool leaves_traces(StatementKind kind, std::string_view sql) noexcept;

}  // namespace libsql::core

#endif  // LIBSQL_CORE_SQL_TRACES_H_
