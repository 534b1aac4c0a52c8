// Builds PRAGMA statements.
#include "core/sql_pragma.h"

#include <algorithm>

#include "core/sql_scanner.h"
#include "libsql/error.h"
#include "libsql/sql.h"

namespace libsql::core {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// [+-]digits[.digits]
bool is_number(std::string_view text) noexcept {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  if (whole.empty() || !std::ranges::all_of(whole, is_digit)) return false;
  if (point == std::string_view::npos) return true;
  const std::string_view fraction = text.substr(point + 1);
  return !fraction.empty() && std::ranges::all_of(fraction, is_digit);
}

bool is_pragma_name(std::string_view name) noexcept {
  const std::size_t point = name.find('.');
  if (point == std::string_view::npos) return is_identifier(name);
  return is_identifier(name.substr(0, point)) && is_identifier(name.substr(point + 1));
}

}  // namespace

std::string pragma_statement(std::string_view name, std::optional<std::string_view> value) {
  if (!is_pragma_name(name)) {
    throw Error(ErrorKind::invalid_argument, "not the name of a pragma: " + std::string(name));
  }
  std::string sql = "PRAGMA ";
  sql += name;
  if (!value.has_value()) return sql;
  if (value->find('\0') != std::string_view::npos) {
    throw Error(ErrorKind::invalid_argument, "the value of a pragma must not contain a zero byte");
  }
  sql += " = ";
  sql += is_identifier(*value) || is_number(*value) ? std::string(*value) : quote_text(*value);
  return sql;
}

bool is_pragma(std::string_view sql, std::string_view upper) noexcept {
  SqlScanner scanner(sql);
  SqlToken token = scanner.next();
  while (token.kind == SqlToken::Kind::semicolon) token = scanner.next();
  // Many pragmas take effect when they are compiled. Source: sqlite.org/pragma.html
  if (is_keyword(token.text, "EXPLAIN")) token = scanner.next();
  if (is_keyword(token.text, "QUERY") && is_keyword(scanner.next().text, "PLAN")) {
    token = scanner.next();
  }
  if (!is_keyword(token.text, "PRAGMA")) return false;
  SqlToken name = scanner.next();
  if (scanner.next().text == ".") name = scanner.next();
  if (name.kind == SqlToken::Kind::quoted) name.text = name.text.substr(1, name.text.size() - 2);
  return is_keyword(name.text, upper);
}

}  // namespace libsql::core
