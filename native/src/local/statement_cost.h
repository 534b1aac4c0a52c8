// Which statements touch only a fixed number of rows, read off SQLite's own program for them.
#ifndef LIBSQL_LOCAL_STATEMENT_COST_H_
#define LIBSQL_LOCAL_STATEMENT_COST_H_

#include <string>

#include <sqlite3.h>

namespace libsql::local {

// True if the compiled program of `sql` runs straight through: no loop over a table or an index, no
// trigger, no SQL function, no virtual table, no DDL. Such a statement costs a few tree descents
// whatever the size of the database. Reads EXPLAIN (sqlite.org/opcode.html), so it costs a compile.
[[nodiscard]] bool has_bounded_program(sqlite3* db, const std::string& sql) noexcept;

}  // namespace libsql::local

#endif  // LIBSQL_LOCAL_STATEMENT_COST_H_
