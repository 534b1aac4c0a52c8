#include "server/refused_pragma.h"

#include <algorithm>
#include <array>

#include "core/sql_pragma.h"
#include "core/sql_scanner.h"

namespace libsql::server {
namespace {

constexpr auto kNames = std::to_array<std::string_view>(
    {"JOURNAL_MODE", "LOCKING_MODE", "SOFT_HEAP_LIMIT", "HARD_HEAP_LIMIT", "TEMP_STORE_DIRECTORY",
     "DATA_STORE_DIRECTORY"});

bool has_value(std::string_view sql) noexcept {
  using Kind = core::SqlToken::Kind;
  core::SqlScanner scanner(sql);
  core::SqlToken token = scanner.next();
  while (token.kind == Kind::semicolon) token = scanner.next();
  for (; token.kind != Kind::end && token.kind != Kind::semicolon; token = scanner.next()) {
    if (token.kind == Kind::open || token.text == "=") return true;
  }
  return false;
}

}  // namespace

bool sets_for_all(std::string_view sql) noexcept {
  const bool named = std::ranges::any_of(
      kNames, [sql](std::string_view name) { return core::is_pragma(sql, name); });
  return named && has_value(sql);
}

}  // namespace libsql::server
