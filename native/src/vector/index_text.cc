#include "vector/index_text.h"

#include <cstddef>
#include <utility>

#include "core/sql_scanner.h"
#include "vector/failure.h"

namespace libsql::vector {

namespace {

using core::is_keyword;
using core::SqlScanner;
using core::SqlToken;
using Kind = SqlToken::Kind;

bool is_string(const SqlToken& token) {
  return token.kind == Kind::quoted && token.text.front() == '\'';
}

bool is_name(const SqlToken& token) {
  return token.kind == Kind::word || (token.kind == Kind::quoted && !is_string(token));
}

bool is_word(const SqlToken& token, std::string_view upper) {
  return token.kind == Kind::word && is_keyword(token.text, upper);
}

[[noreturn]] void refuse(const char* why) { throw Failure(std::string("vector index: ") + why); }

// After "libsql_vector_idx(": the column and the settings, with the closing parenthesis.
IndexText parse_arguments(SqlScanner& tokens) {
  constexpr const char* kNoColumn = "libsql_vector_idx first argument must be a column token";
  constexpr const char* kNoString = "all arguments after first must be strings";
  IndexText index;
  const SqlToken column = tokens.next();
  if (!is_name(column)) refuse(kNoColumn);
  index.column = unquoted(column);
  SqlToken token = tokens.next();
  if (token.kind != Kind::close && token.text != ",") refuse(kNoColumn);
  while (token.kind != Kind::close) {
    const SqlToken setting = tokens.next();
    if (!is_string(setting)) refuse(kNoString);
    index.settings.push_back(unquoted(setting));
    token = tokens.next();
    if (token.kind != Kind::close && token.text != ",") refuse(kNoString);
  }
  return index;
}

// What follows `token` in `sql`.
std::string after(const SqlToken& token, std::string_view sql) {
  const char* const end = token.text.data() + token.text.size();
  return std::string(sql.substr(static_cast<std::size_t>(end - sql.data())));
}

bool is_marker(const SqlToken& token) {
  return is_name(token) && is_keyword(unquoted(token), "LIBSQL_VECTOR_IDX");
}

// Whether a further column of an index begins with the marker. `token` follows the first.
bool marks_further_column(SqlScanner tokens, SqlToken token) {
  int depth = 0;
  for (; token.kind != Kind::end && depth >= 0; token = tokens.next()) {
    if (token.kind == Kind::open) ++depth;
    if (token.kind == Kind::close) --depth;
    if (depth != 0 || token.text != ",") continue;
    SqlScanner ahead = tokens;
    if (is_marker(ahead.next()) && ahead.next().kind == Kind::open) return true;
  }
  return false;
}

constexpr const char* kNotAlone =
    "must contain exactly one column wrapped into the libsql_vector_idx function";

}  // namespace

std::string unquoted(const SqlToken& token) {
  if (token.kind != SqlToken::Kind::quoted) return std::string(token.text);
  const char quote = token.text.back();  // Of [name], the ].
  std::string text;
  for (std::size_t at = 1; at + 1 < token.text.size(); ++at) {
    text += token.text[at];
    if (quote != ']' && token.text[at] == quote) ++at;  // The second of a doubled quote.
  }
  return text;
}

std::optional<IndexText> parse_index_text(std::string_view sql) {
  SqlScanner tokens(sql);
  SqlToken token = tokens.next();
  while (token.kind != Kind::end && token.kind != Kind::open) token = tokens.next();
  token = tokens.next();
  SqlScanner ahead = tokens;
  if (!is_marker(token) || ahead.next().kind != Kind::open) {
    if (marks_further_column(tokens, token)) refuse(kNotAlone);
    return std::nullopt;
  }
  tokens = ahead;
  IndexText index = parse_arguments(tokens);
  token = tokens.next();
  if (is_word(token, "COLLATE")) refuse("collation in expression is forbidden");
  if (is_word(token, "ASC") || is_word(token, "DESC")) token = tokens.next();
  if (token.text == ",") refuse(kNotAlone);
  if (token.kind != Kind::close) return std::nullopt;  // An expression with the marker in it.
  token = tokens.next();
  if (is_word(token, "WHERE")) index.condition = after(token, sql);
  return index;
}

}  // namespace libsql::vector
