// What must not compile, because it would read memory that is gone: each mistake alone. Without any
// of them the file compiles, so that it is the mistake that is refused.
#include <string>

#include "libsql/database.h"

namespace libsql {

void bind_text(Statement& statement, const std::string& kept) {
  statement.bind(1, kept);
  statement.bind(":name", "a literal");
#ifdef BINDS_A_TEMPORARY_STRING
  statement.bind(1, kept + "!");
#endif
#ifdef BINDS_A_TEMPORARY_STRING_BY_NAME
  statement.bind(":name", std::string("gone"));
#endif
#ifdef BINDS_A_TEMPORARY_VALUE
  statement.bind(1, Value(kept));
#endif
}

ValueView read_column(Connection& connection, Statement& statement) {
#ifdef KEEPS_A_COLUMN_OF_A_TEMPORARY_STATEMENT
  return connection.prepare("SELECT 'text'").column(0);
#else
  connection.execute("INSERT INTO t VALUES (?)", std::string("gone after the call, as it may"));
  return statement.column(0);
#endif
}

void read_cursor(Connection& connection) {
#ifdef READS_A_TEMPORARY_CURSOR
  static_cast<void>(connection.open_cursor("SELECT 1").next());
#else
  Cursor cursor = connection.open_cursor("SELECT 1");
  static_cast<void>(cursor.next());
#endif
}

}  // namespace libsql
