// libSQL's SQL functions on vectors.
#ifndef LIBSQL_VECTOR_FUNCTIONS_H_
#define LIBSQL_VECTOR_FUNCTIONS_H_

#include <sqlite3.h>

namespace libsql::vector {

// Registers on a connection
//   vector(x), vector32(x), vector64(x), vector16(x), vectorb16(x), vector8(x), vector1bit(x)
//                                the stored form of a vector that is given as text or blob
//   vector_extract(x)            its text
//   vector_distance_cos(a, b)    REAL; NULL where the vectors have no angle
//   vector_distance_l2(a, b)     REAL
//   libsql_vector_idx(x, ...)    marks the column of an index on vectors: NULL if x is a vector,
//   else x
// All are deterministic and allowed in schemas. Errors are those of sqlite3_create_function_v2.
[[nodiscard]] int register_functions(sqlite3* db) noexcept;

// Whether SQLite may have indexes on libsql_vector_idx(), or leaves them out of the schema.
enum class Marker { usable, hidden };

// Registers libsql_vector_idx() again. SQLITE_BUSY while statements run.
[[nodiscard]] int register_marker(sqlite3* db, Marker marker) noexcept;

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_FUNCTIONS_H_
