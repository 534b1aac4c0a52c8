// SQL functions that newer versions of SQLite have and every connection of ours offers.
#ifndef LIBSQL_LOCAL_FUNCTIONS_H_
#define LIBSQL_LOCAL_FUNCTIONS_H_

#include <sqlite3.h>

namespace libsql::local {

// Registers concat() and concat_ws() where the engine is older than 3.44, which brought them.
void add_missing_functions(sqlite3* db);

}  // namespace libsql::local

#endif  // LIBSQL_LOCAL_FUNCTIONS_H_
