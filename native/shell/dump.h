// `.dump`: the database as SQL text.
#ifndef LIBSQL_SHELL_DUMP_H_
#define LIBSQL_SHELL_DUMP_H_

#include <ostream>
#include <string>

#include "libsql/connection.h"

namespace libsql::shell {

// Writes a script from which this shell and sqlite3 make the same database again: schema, values
// with their types, rowids, AUTOINCREMENT counters, statistics. Reads one snapshot. With a `table`,
// only that table or view with its indexes and triggers.
//
// The order makes every statement valid: tables and rows first (foreign keys are off meanwhile),
// then indexes, views and triggers, so that no trigger fires; virtual tables last, written straight
// into the schema, because their shadow tables have been written as the ordinary tables they are.
//
// Errors: CommandError if there is no such table; Error from reading, after a last line that rolls
// back whoever reads the script.
void dump_database(Connection& connection, std::ostream& out, const std::string& table);

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_DUMP_H_
