#include "remote/sent_text.h"

#include "core/sql_refused.h"
#include "libsql/error.h"
#include "libsql/sql.h"

namespace libsql::remote {

void check_text(std::string_view sql) {
  const std::string_view shown = core::statement_with_key(sql);
  if (!shown.empty()) core::refuse_statement_with_key(shown);
  core::refuse_zero_byte(sql);
}

std::string_view rest_of(std::string_view sql) {
  const std::string_view rest = sql.substr(first_statement(sql).size());
  return statement_kind(rest) == StatementKind::unknown ? std::string_view() : rest;
}

std::string_view only_statement(std::string_view sql) {
  check_text(sql);
  const bool none = statement_kind(sql) == StatementKind::unknown;
  if (!none && rest_of(sql).empty()) return sql;
  throw Error(ErrorKind::invalid_argument, none ? "the SQL text contains no statement"
                                                : "the SQL text contains more than one statement");
}

}  // namespace libsql::remote
