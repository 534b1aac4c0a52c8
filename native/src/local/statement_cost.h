// Finds out from SQLite's bytecode what a statement may cost (sqlite.org/opcode.html).
#ifndef LIBSQL_LOCAL_STATEMENT_COST_H_
#define LIBSQL_LOCAL_STATEMENT_COST_H_

#include <string>
#include <string_view>

#include <sqlite3.h>

namespace libsql::local {

// True if the compiled program of `sql` runs straight through: no loop over a table or an index, no
// trigger, no SQL function, no virtual table, no DDL. Such a statement costs a few tree descents
// whatever the size of the database. Reads EXPLAIN (sqlite.org/opcode.html), so it costs a compile.
[[nodiscard]] bool has_bounded_program(sqlite3* db, const std::string& sql) noexcept;

// True if no single instruction of the compiled program of `sql`, a query, may take long: no
// function whose cost grows with a value, no virtual table, no count of a whole table in one
// instruction. It may have loops: who runs it under a budget stops it between two instructions.
// Reads EXPLAIN too.
[[nodiscard]] bool has_bounded_instructions(sqlite3* db, const std::string& sql) noexcept;

// False if compiling `sql` may take long: it is large, or joins or nests many queries, whose plans
// SQLite compares with each other.
[[nodiscard]] bool compiles_quickly(std::string_view sql) noexcept;

}  // namespace libsql::local

#endif  // LIBSQL_LOCAL_STATEMENT_COST_H_
