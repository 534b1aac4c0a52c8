// SQL functions and collations that every local connection has in addition to SQLite's.
#ifndef LIBSQL_LOCAL_REGISTERED_FUNCTIONS_H_
#define LIBSQL_LOCAL_REGISTERED_FUNCTIONS_H_

#include <sqlite3.h>

namespace libsql::local {

// Registers on a connection
//   concat(...)               as in SQLite 3.44, where the engine is older
//   concat_ws(separator, ...) the same
//   load_extension(...)       replaces SQLite's and fails with SQLITE_AUTH: SQL loads no extensions
//   libsql_fold(text)         text in lower case, for every alphabet of the C library
//   decimal_sum(value)        aggregate and window function: the exact sum, as text
//   decimal_add(a, b)         the exact sum of two decimal numbers, as text
//   decimal_sub(a, b)         the exact difference
//   decimal_mul(a, b)         the exact product; an error beyond Decimal::kMaxFactorDigits digits
//   decimal                   collation: decimal numbers stored as text compare by value
// and those of vector/functions.h.
// Errors: those of sqlite3_create_function_v2.
void register_functions(sqlite3* db);

}  // namespace libsql::local

#endif  // LIBSQL_LOCAL_REGISTERED_FUNCTIONS_H_
