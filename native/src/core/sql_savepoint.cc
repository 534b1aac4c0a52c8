// Reads savepoint statements.
#include "core/sql_savepoint.h"

#include "core/sql_scanner.h"

namespace libsql::core {
namespace {

using Kind = SqlToken::Kind;

bool is_word(const SqlToken& token, std::string_view upper) noexcept {
  return token.kind == Kind::word && is_keyword(token.text, upper);
}

// A word as it is, a quoted name without its quotes.
std::string unquote(const SqlToken& token) {
  if (token.kind == Kind::word) return std::string(token.text);
  const char closing = token.text.back();
  const std::string_view inner = token.text.substr(1, token.text.size() - 2);
  std::string name;
  for (std::size_t i = 0; i < inner.size(); ++i) {
    name += inner[i];
    if (inner[i] == closing) ++i;  // the second of a doubled quote
  }
  return name;
}

// The end of the statement: [SAVEPOINT] name [;], whose first token is `token`.
std::optional<SavepointText> read_name(SqlScanner& scanner, SqlToken token,
                                       SavepointText::Op operation) {
  if (token.kind != Kind::word && token.kind != Kind::quoted) return std::nullopt;
  const Kind after = scanner.next().kind;
  if (after != Kind::end && after != Kind::semicolon) return std::nullopt;
  return SavepointText{operation, unquote(token)};
}

SqlToken skip_word(SqlScanner& scanner, SqlToken token, std::string_view upper) noexcept {
  return is_word(token, upper) ? scanner.next() : token;
}

}  // namespace

std::optional<SavepointText> savepoint_text(std::string_view sql) {
  SqlScanner scanner(sql);
  SqlToken verb = scanner.next();
  while (verb.kind == Kind::semicolon) verb = scanner.next();
  SqlToken token = scanner.next();
  if (is_word(verb, "SAVEPOINT")) return read_name(scanner, token, SavepointText::Op::open);
  if (is_word(verb, "RELEASE")) {
    return read_name(scanner, skip_word(scanner, token, "SAVEPOINT"), SavepointText::Op::release);
  }
  if (!is_word(verb, "ROLLBACK")) return std::nullopt;
  if (is_word(token, "TRANSACTION")) {
    token = scanner.next();
    if (!is_word(token, "TO")) token = scanner.next();  // the name SQLite allows and ignores
  }
  if (!is_word(token, "TO")) return std::nullopt;
  return read_name(scanner, skip_word(scanner, scanner.next(), "SAVEPOINT"),
                   SavepointText::Op::rollback_to);
}

}  // namespace libsql::core
