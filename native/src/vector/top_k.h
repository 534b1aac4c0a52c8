// vector_top_k(index, vector, k): the rows of an index that are nearest to a vector.
#ifndef LIBSQL_VECTOR_TOP_K_H_
#define LIBSQL_VECTOR_TOP_K_H_

#include <sqlite3.h>

namespace libsql::vector {

// Registers the table-valued function on a connection. Its visible column is `id`, the key of the
// row; rows come in ascending order of their distance. See nearest.h for the search.
// Errors are those of sqlite3_create_module_v2.
[[nodiscard]] int register_top_k(sqlite3* db) noexcept;

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_TOP_K_H_
