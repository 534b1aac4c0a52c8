// SQL functions and collations of our own, which the Ecto adapter's statements and tables use.
#ifndef LIBSQL_LOCAL_OWN_FUNCTIONS_H_
#define LIBSQL_LOCAL_OWN_FUNCTIONS_H_

#include <sqlite3.h>

namespace libsql::local {

// Registers on a connection
//   libsql_fold(text)         text in lower case, of all alphabets that the C library knows
//   libsql_uuid_bytes(value)  the 16 bytes of a UUID given as text; any other value as it is
//   decimal_sum(value)        an aggregate: the exact sum of decimal numbers, as text
//   decimal_add(a, b)         the exact sum of two
//   decimal                   a collation: decimal numbers kept as texts sort and compare by value
void add_own_functions(sqlite3* db);

}  // namespace libsql::local

#endif  // LIBSQL_LOCAL_OWN_FUNCTIONS_H_
