#include "replica/routes.h"

#include <algorithm>
#include <array>

#include "core/sql_pragma.h"
#include "core/sql_scanner.h"
#include "libsql/sql.h"

namespace libsql::replica {

namespace {

// Pragmas that change the file when they are given a value, or by themselves.
// Source: sqlite.org/pragma.html
constexpr std::array<std::string_view, 10> kOfTheFile{
    "USER_VERSION", "APPLICATION_ID", "AUTO_VACUUM",        "ENCODING", "PAGE_SIZE",
    "JOURNAL_MODE", "SCHEMA_VERSION", "INCREMENTAL_VACUUM", "OPTIMIZE", "WAL_CHECKPOINT"};

bool has_value(std::string_view sql) noexcept {
  core::SqlScanner scanner(sql);
  for (core::SqlToken token = scanner.next(); token.kind != core::SqlToken::Kind::end;
       token = scanner.next()) {
    if (token.text == "=" || token.kind == core::SqlToken::Kind::open) return true;
  }
  return false;
}

bool changes_the_file(std::string_view pragma) noexcept {
  const auto is = [pragma](std::string_view name) { return core::is_pragma(pragma, name); };
  if (is("INCREMENTAL_VACUUM") || is("OPTIMIZE") || is("WAL_CHECKPOINT")) return true;
  return std::ranges::any_of(kOfTheFile, is) && has_value(pragma);
}

}  // namespace

bool is_local(std::string_view statement) noexcept {
  switch (statement_kind(statement)) {
    case StatementKind::select:
    case StatementKind::attach:
    case StatementKind::commit:
    case StatementKind::rollback:
    case StatementKind::release:
    case StatementKind::unknown:
      return true;
    case StatementKind::pragma:
      return !changes_the_file(statement);
    case StatementKind::insert:
    case StatementKind::update:
    case StatementKind::del:
    case StatementKind::ddl:
    case StatementKind::drop:
    case StatementKind::begin:
    case StatementKind::savepoint:
    case StatementKind::other:
      return false;
  }
  return false;
}

bool is_local_script(std::string_view sql) noexcept {
  while (!sql.empty()) {
    const std::string_view statement = first_statement(sql);
    if (!is_local(statement)) return false;
    sql.remove_prefix(statement.size());
  }
  return true;
}

}  // namespace libsql::replica
