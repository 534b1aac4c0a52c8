// The databases of a connection.
#ifndef LIBSQL_VECTOR_SCHEMAS_H_
#define LIBSQL_VECTOR_SCHEMAS_H_

#include <string>
#include <vector>

#include <sqlite3.h>

#include "vector/sqlite_statement.h"

namespace libsql::vector {

// main, temp once it is used, and those that are attached. Throws SqliteFailure, std::bad_alloc.
[[nodiscard]] inline std::vector<std::string> schemas_of(sqlite3* db) {
  std::vector<std::string> schemas;
  SqliteStatement databases(db, "PRAGMA database_list");
  while (databases.step()) schemas.push_back(databases.text(1));
  return schemas;
}

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_SCHEMAS_H_
