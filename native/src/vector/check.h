// vector_index_check(index): whether the sketches of an index fit its rows.
#ifndef LIBSQL_VECTOR_CHECK_H_
#define LIBSQL_VECTOR_CHECK_H_

#include <sqlite3.h>

namespace libsql::vector {

// Registers the SQL function on a connection. It reads all rows of the index. The result is 'ok',
// also of an index without sketches, or names the first row whose sketch is missing or another
// than its vector has, or what else does not fit; REINDEX repairs that. Sketches of rows that are
// gone do not count: searches pass over them. Not for schemas.
// Errors are those of sqlite3_create_function_v2.
[[nodiscard]] int register_check(sqlite3* db) noexcept;

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_CHECK_H_
