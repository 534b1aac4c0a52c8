#include "vector/index_text.h"

#include <cstddef>
#include <utility>

#include "core/sql_scanner.h"

namespace libsql::vector {

namespace {

using core::is_keyword;
using core::SqlScanner;
using core::SqlToken;
using Kind = SqlToken::Kind;

// A token without its quotes.
std::string unquoted(const SqlToken& token) {
  if (token.kind != Kind::quoted) return std::string(token.text);
  const char quote = token.text.back();  // Of [name], the ].
  std::string text;
  for (std::size_t at = 1; at + 1 < token.text.size(); ++at) {
    text += token.text[at];
    if (quote != ']' && token.text[at] == quote) ++at;  // The second of a doubled quote.
  }
  return text;
}

bool is_string(const SqlToken& token) {
  return token.kind == Kind::quoted && token.text.front() == '\'';
}

bool is_name(const SqlToken& token) {
  return token.kind == Kind::word || (token.kind == Kind::quoted && !is_string(token));
}

bool is_word(const SqlToken& token, std::string_view upper) {
  return token.kind == Kind::word && is_keyword(token.text, upper);
}

// After "libsql_vector_idx(": the column and the settings, with the closing parenthesis.
std::optional<IndexText> parse_arguments(SqlScanner& tokens) {
  IndexText index;
  const SqlToken column = tokens.next();
  if (!is_name(column)) return std::nullopt;
  index.column = unquoted(column);
  SqlToken token = tokens.next();
  while (token.kind == Kind::other && token.text == ",") {
    const SqlToken setting = tokens.next();
    if (!is_string(setting)) return std::nullopt;
    index.settings.push_back(unquoted(setting));
    token = tokens.next();
  }
  if (token.kind != Kind::close) return std::nullopt;
  return index;
}

// What follows `token` in `sql`.
std::string after(const SqlToken& token, std::string_view sql) {
  const char* const end = token.text.data() + token.text.size();
  return std::string(sql.substr(static_cast<std::size_t>(end - sql.data())));
}

}  // namespace

std::optional<IndexText> parse_index_text(std::string_view sql) {
  SqlScanner tokens(sql);
  SqlToken token = tokens.next();
  while (token.kind != Kind::end && token.kind != Kind::open) token = tokens.next();
  const SqlToken marker = tokens.next();
  if (!is_name(marker) || !is_keyword(unquoted(marker), "LIBSQL_VECTOR_IDX")) return std::nullopt;
  if (tokens.next().kind != Kind::open) return std::nullopt;
  std::optional<IndexText> index = parse_arguments(tokens);
  if (!index) return std::nullopt;
  token = tokens.next();
  if (is_word(token, "ASC") || is_word(token, "DESC")) token = tokens.next();
  if (token.kind != Kind::close) return std::nullopt;
  token = tokens.next();
  if (is_word(token, "WHERE")) index->condition = after(token, sql);
  return index;
}

}  // namespace libsql::vector
