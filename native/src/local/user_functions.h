// SQL functions and collations that a program has written in C++ (libsql/functions.h).
#ifndef LIBSQL_LOCAL_USER_FUNCTIONS_H_
#define LIBSQL_LOCAL_USER_FUNCTIONS_H_

#include <memory>
#include <string>

#include <sqlite3.h>

#include "libsql/functions.h"
#include "local/cancellation.h"

namespace libsql::local {

// Registers a function. While it runs, `cancellation` knows that a callback does, and what it
// throws is kept there. Errors: invalid_argument for a name or a number that SQLite does not take;
// busy while a statement runs that may use what is replaced.
void create_function(sqlite3* db, std::shared_ptr<Cancellation> cancellation,
                     FunctionDefinition definition);
void create_collation(sqlite3* db, std::shared_ptr<Cancellation> cancellation,
                      CollationDefinition definition);
// Errors: busy, as above.
void remove_function(sqlite3* db, const std::string& name, int arguments);
void remove_collation(sqlite3* db, const std::string& name);

}  // namespace libsql::local

#endif  // LIBSQL_LOCAL_USER_FUNCTIONS_H_
