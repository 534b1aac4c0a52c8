// Small questions about SQL text that need no database: its kind, its names, its quoting.
#ifndef LIBSQL_SQL_H_
#define LIBSQL_SQL_H_

#include <string>
#include <string_view>

#include "libsql/export.h"
#include "libsql/text.h"

namespace libsql {

// The verb of a statement. `ddl` is CREATE and ALTER; `select` is also VALUES and EXPLAIN;
// a WITH has the kind of the verb behind its common table expressions.
enum class StatementKind {
  select,
  insert,
  update,
  del,
  ddl,
  drop,
  pragma,
  begin,
  commit,
  rollback,
  savepoint,
  release,
  attach,
  other,
  unknown,  // Nothing but white space and comments.
};

// Reads the verb; skips white space and both kinds of comments; any bytes are allowed.
// REPLACE is `insert`, END is `commit`, ROLLBACK TO is `rollback`, DETACH is `attach`.
[[nodiscard]] LIBSQL_API StatementKind statement_kind(TextView sql) noexcept;

// INSERT, UPDATE and DELETE: the statements that count the rows they change.
[[nodiscard]] constexpr bool is_dml(StatementKind kind) noexcept {
  return kind == StatementKind::insert || kind == StatementKind::update ||
         kind == StatementKind::del;
}

// True for [A-Za-z_][A-Za-z0-9_]*.
[[nodiscard]] LIBSQL_API bool is_identifier(TextView name) noexcept;

// "name" with embedded double quotes doubled.
[[nodiscard]] LIBSQL_API std::string quote_identifier(TextView name);
// 'text' with embedded single quotes doubled.
[[nodiscard]] LIBSQL_API std::string quote_text(TextView text);
// A value as an SQL literal: NULL, 1, 2.5, 'text', X'00ff'. Infinities become 9e999 and -9e999.
class ValueView;
[[nodiscard]] LIBSQL_API std::string quote_value(const ValueView& value);

// True when `sql` ends in a complete statement: what an interactive prompt asks before it runs a
// line. Knows comments, strings and trigger bodies. Source: sqlite.org/c3ref/complete.html
[[nodiscard]] LIBSQL_API bool is_complete(TextView sql);

// The text up to and with the semicolon that ends its first statement, by the same rules; all of it
// if none does.
[[nodiscard]] LIBSQL_API std::string_view first_statement(TextView sql);

}  // namespace libsql

#endif  // LIBSQL_SQL_H_
