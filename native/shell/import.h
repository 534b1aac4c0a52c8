// `.import`: loads a file of separated values into a table.
#ifndef LIBSQL_SHELL_IMPORT_H_
#define LIBSQL_SHELL_IMPORT_H_

#include <cstdint>
#include <functional>
#include <string>

#include "shell/csv_reader.h"
#include "shell/current_database.h"

namespace libsql::shell {

struct Import {
  std::string file;
  std::string table;
  // The database of the table; empty: where SQLite finds a table of this name, or main.
  std::string schema;
  Delimiters delimiters;
  // Records to leave out at the beginning, e.g. the header when the table exists already.
  std::uint64_t skip = 0;
};

// Loads all records, or none: in a transaction of its own, or in a savepoint of the open one. A
// table that does not exist is created with a TEXT column for each field of the first record. A
// field that is empty and not quoted is NULL. A blank line is no row, unless the table has one
// column. Returns the number of rows.
//
// Errors: CommandError that names file and line for text that is no CSV or not UTF-8, a record with
// another number of fields than the table has columns, and whatever SQLite refuses; Error of kind
// interrupted when `cancelled` returns true.
std::uint64_t import_file(CurrentDatabase& database, const Import& request,
                          const std::function<bool()>& cancelled);

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_IMPORT_H_
