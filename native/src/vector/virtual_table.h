// What the virtual tables have in common: they run as SQLite, which is written in C, calls them.
#ifndef LIBSQL_VECTOR_VIRTUAL_TABLE_H_
#define LIBSQL_VECTOR_VIRTUAL_TABLE_H_

#include <new>
#include <utility>

#include <sqlite3.h>

#include "vector/failure.h"
#include "vector/sqlite_statement.h"

namespace libsql::vector {

// Makes `message` the error of the statement that runs the table.
inline void set_message(sqlite3_vtab* table, const char* message) noexcept {
  sqlite3_free(table->zErrMsg);
  table->zErrMsg = sqlite3_mprintf("%s", message);
}

// Runs `function`, and returns SQLite's code for what it throws.
template <typename Function>
int called_by_sqlite(sqlite3_vtab* table, Function&& function) noexcept {
  try {
    std::forward<Function>(function)();
    return SQLITE_OK;
  } catch (const SqliteFailure& failure) {
    set_message(table, failure.what());
    return failure.code();
  } catch (const Failure& failure) {
    set_message(table, failure.what());
    return SQLITE_ERROR;
  } catch (const std::bad_alloc&) {
    return SQLITE_NOMEM;
  }
}

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_VIRTUAL_TABLE_H_
