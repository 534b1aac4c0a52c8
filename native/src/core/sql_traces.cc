#include "core/sql_traces.h"

#include "core/sql_scanner.h"

namespace libsql::core {

bool is_explain(std::string_view sql) noexcept {
  SqlScanner scanner(sql);
  SqlToken token = scanner.next();
  while (token.kind == SqlToken::Kind::semicolon) token = scanner.next();
  return is_keyword(token.text, "EXPLAIN");
}

bool leaves_traces(std::string_view sql) noexcept {
  return leaves_traces(statement_kind(sql), sql);
}

bool leaves_traces(StatementKind kind, std::string_view sql) noexcept {
  return kind != StatementKind::select || is_explain(sql);
}

}  // namespace libsql::core
