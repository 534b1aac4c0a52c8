// Compiles SQL text, which may hold several statements or none.
#ifndef LIBSQL_NIF_COMPILE_H_
#define LIBSQL_NIF_COMPILE_H_

#include <optional>
#include <string_view>

#include "libsql/connection.h"
#include "libsql/error.h"
#include "libsql/sql.h"

namespace libsql::nif {

// Is there more in `sql` than white space, comments and semicolons?
[[nodiscard]] inline bool has_statement(std::string_view sql) noexcept {
  const std::size_t first = sql.find_first_not_of(" \t\r\n\f;");
  if (first == std::string_view::npos) return false;
  return libsql::statement_kind(sql.substr(first)) != StatementKind::unknown;
}

// The first statement of `sql`; `tail` is set to what follows it.
[[nodiscard]] inline std::optional<Statement> compile(Connection& connection, std::string_view sql,
                                                      bool cache, std::string_view& tail) {
  if (cache) return connection.first(sql, tail);
  try {
    tail = {};
    return connection.prepare(sql);
  } catch (const Error& error) {
    // None or several statements: first() distinguishes them.
    if (error.kind() != ErrorKind::invalid_argument) throw;
    return connection.first(sql, tail);
  }
}

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_COMPILE_H_
