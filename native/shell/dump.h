// `.dump`: the database as SQL text.
#ifndef LIBSQL_SHELL_DUMP_H_
#define LIBSQL_SHELL_DUMP_H_

#include <ostream>
#include <string>

#include "libsql/connection.h"

namespace libsql::shell {

// Writes a script from which this shell and sqlite3 create the same database: schema, values
// with their types, rowids, AUTOINCREMENT counters, statistics. Reads one snapshot. With a `table`,
// only that table or view with its indexes and triggers.
//
// Tables and rows come first, with foreign keys off; then indexes, views and triggers, so that no
// trigger fires. Virtual tables come last and are inserted into sqlite_schema, because their shadow
// tables have been created as ordinary tables.
//
// Errors: CommandError if there is no such table; Error from reading, after a last line that
// rolls the script back.
void dump_database(Connection& connection, std::ostream& out, const std::string& table);

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_DUMP_H_
