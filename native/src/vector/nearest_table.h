// vector_nearest(index, vector): the rows of an index by their distance to a vector.
#ifndef LIBSQL_VECTOR_NEAREST_TABLE_H_
#define LIBSQL_VECTOR_NEAREST_TABLE_H_

#include <sqlite3.h>

namespace libsql::vector {

// Registers the table-valued function on a connection. Its columns are `id`, the key of a row, and
// `distance`, infinity where there is none. It is made for joins with the indexed table, whose
// conditions choose among the rows:
//
//     SELECT film.* FROM vector_nearest('film_idx', ?) AS n JOIN film ON film.rowid = n.id
//     WHERE film.genre = ? ORDER BY n.distance LIMIT 10
//
// SQLite plans this in one of two ways. As the outer loop, the function gives the rows of the index
// nearest first, all of them if nobody stops it: the nearest 50 at first, and then, in portions
// sixteen times as large, those after them, as vector_top_k finds three times as many. Where the
// conditions leave about 2,000 rows or fewer, by SQLite's estimate, it is the inner loop: it
// measures each of them, and the answer is exact.
//
// Errors are those of sqlite3_create_module_v2.
[[nodiscard]] int register_nearest_table(sqlite3* db) noexcept;

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_NEAREST_TABLE_H_
