#include "core/sql_refused.h"

#include <algorithm>
#include <array>
#include <string>

#include "core/sql_pragma.h"
#include "core/sql_scanner.h"
#include "libsql/error.h"

namespace libsql::core {

namespace {

using Kind = SqlToken::Kind;

// ATTACH file AS name KEY key. `AS key` is a name.
bool has_key_clause(std::string_view sql) {
  SqlScanner scanner(sql);
  bool after_as = false;
  int depth = 0;
  for (;;) {
    const SqlToken token = scanner.next();
    if (token.kind == Kind::end || token.kind == Kind::incomplete) return false;
    if (token.kind == Kind::semicolon) return false;
    if (token.kind == Kind::open) ++depth;
    if (token.kind == Kind::close) --depth;
    const bool word = token.kind == Kind::word && depth == 0;
    if (word && !after_as && is_keyword(token.text, "KEY")) return true;
    after_as = word && is_keyword(token.text, "AS");
  }
}

// Those of SQLCipher, SQLite3MultipleCiphers and SQLite's own extension, and our options.
constexpr std::array<std::string_view, 9> kKeyPragmas = {
    "KEY",       "REKEY",  "HEXKEY",         "HEXREKEY",         "TEXTKEY",
    "TEXTREKEY", "CIPHER", "ENCRYPTION_KEY", "ENCRYPTION_CIPHER"};

}  // namespace

void refuse_zero_byte(std::string_view sql) {
  const std::size_t zero = sql.find('\0');
  if (zero == std::string_view::npos) return;
  throw Error(ErrorKind::invalid_argument,
              "the SQL text contains a NUL byte at offset " + std::to_string(zero));
}

std::string_view statement_with_key(std::string_view sql) {
  SqlScanner scanner(sql);
  SqlToken verb = scanner.next();
  while (verb.kind == Kind::semicolon || is_keyword(verb.text, "EXPLAIN")) verb = scanner.next();
  if (is_keyword(verb.text, "ATTACH")) {
    const auto behind = static_cast<std::size_t>(verb.text.data() + verb.text.size() - sql.data());
    return has_key_clause(sql.substr(behind)) ? "ATTACH ... KEY" : std::string_view();
  }
  // EXPLAIN QUERY PLAN compiles a pragma, which then acts.
  if (!is_keyword(verb.text, "PRAGMA") && !is_keyword(verb.text, "QUERY")) return {};
  const bool key = std::ranges::any_of(
      kKeyPragmas, [sql](std::string_view name) { return is_pragma(sql, name); });
  return key ? "PRAGMA key" : std::string_view();
}

void refuse_statement_with_key(std::string_view shown) {
  // With a statement of its own, so that nobody adds the text.
  throw Error(ErrorKind::invalid_argument,
              "an encryption key in SQL text has no effect: give it as an option of the "
              "connection or of the attached database")
      .with_statement(shown);
}

}  // namespace libsql::core
