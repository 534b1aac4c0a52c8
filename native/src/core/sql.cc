// Questions about SQL text: its kind, its completeness, quoting.
#include "libsql/sql.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "core/sql_scanner.h"
#include "libsql/value.h"

namespace libsql {
namespace {

using core::is_keyword;
using core::SqlScanner;
using core::SqlToken;
using Kind = SqlToken::Kind;

struct Verb {
  std::string_view word;
  StatementKind kind;
};

constexpr auto kVerbs = std::to_array<Verb>({
    {"SELECT", StatementKind::select},     {"INSERT", StatementKind::insert},
    {"UPDATE", StatementKind::update},     {"DELETE", StatementKind::del},
    {"REPLACE", StatementKind::insert},    {"VALUES", StatementKind::select},
    {"EXPLAIN", StatementKind::select},    {"BEGIN", StatementKind::begin},
    {"COMMIT", StatementKind::commit},     {"END", StatementKind::commit},
    {"ROLLBACK", StatementKind::rollback}, {"SAVEPOINT", StatementKind::savepoint},
    {"RELEASE", StatementKind::release},   {"PRAGMA", StatementKind::pragma},
    {"CREATE", StatementKind::ddl},        {"DROP", StatementKind::drop},
    {"ALTER", StatementKind::ddl},         {"ATTACH", StatementKind::attach},
    {"DETACH", StatementKind::attach},
});

// The verb behind the common table expressions: the first word that follows a closing bracket
// outside of all brackets and is not AS, which follows a list of columns.
SqlToken verb_after_with(SqlScanner& scanner) noexcept {
  int depth = 0;
  bool closed = false;
  for (;;) {
    const SqlToken token = scanner.next();
    if (token.kind == Kind::end || token.kind == Kind::incomplete) return token;
    if (closed && token.kind == Kind::word && !is_keyword(token.text, "AS")) return token;
    if (token.kind == Kind::open) ++depth;
    if (token.kind == Kind::close) --depth;
    closed = token.kind == Kind::close && depth == 0;
  }
}

// The words that is_complete() distinguishes.
enum class Word : std::uint8_t { semicolon, explain, create, temp, trigger, end, other };

Word word_of(const SqlToken& token) noexcept {
  if (token.kind == Kind::semicolon) return Word::semicolon;
  if (token.kind != Kind::word) return Word::other;
  if (is_keyword(token.text, "EXPLAIN")) return Word::explain;
  if (is_keyword(token.text, "CREATE")) return Word::create;
  if (is_keyword(token.text, "TEMP") || is_keyword(token.text, "TEMPORARY")) return Word::temp;
  if (is_keyword(token.text, "TRIGGER")) return Word::trigger;
  if (is_keyword(token.text, "END")) return Word::end;
  return Word::other;
}

// What has been read of the current statement.
enum class Progress : std::uint8_t {
  nothing,      // no statement has been read
  complete,     // between statements
  statement,    // in a statement that the next semicolon ends
  explain,      // after EXPLAIN: a trigger may still follow
  create,       // after CREATE [TEMP]: a trigger may still follow
  body,         // in CREATE TRIGGER, which only "; END ;" ends
  body_ended,   // after a semicolon in it
  trigger_end,  // after END following a semicolon in it
};

Progress start(Word word) noexcept {
  if (word == Word::semicolon) return Progress::complete;
  if (word == Word::explain) return Progress::explain;
  return word == Word::create ? Progress::create : Progress::statement;
}

Progress advance(Progress progress, Word word) noexcept {
  const bool semicolon = word == Word::semicolon;
  switch (progress) {
    case Progress::nothing:
    case Progress::complete:
      return start(word);
    case Progress::statement:
      return semicolon ? Progress::complete : progress;
    case Progress::explain:
      if (word == Word::other) return progress;  // EXPLAIN QUERY PLAN CREATE TRIGGER ...
      return semicolon || word == Word::create ? start(word) : Progress::statement;
    case Progress::create:
      if (semicolon) return Progress::complete;
      if (word == Word::trigger) return Progress::body;
      return word == Word::temp ? progress : Progress::statement;
    case Progress::body:
      return semicolon ? Progress::body_ended : progress;
    case Progress::body_ended:
      if (semicolon) return progress;
      return word == Word::end ? Progress::trigger_end : Progress::body;
    case Progress::trigger_end:
      return semicolon ? Progress::complete : Progress::body;
  }
  return progress;
}

std::string quote(std::string_view text, char mark) {
  std::string quoted(1, mark);
  for (const char c : text) {
    if (c == mark) quoted += mark;
    quoted += c;
  }
  quoted += mark;
  return quoted;
}

std::string quote_blob(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string quoted = "X'";
  quoted.reserve(bytes.size() * 2 + 3);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    quoted += kDigits[byte >> 4U];
    quoted += kDigits[byte & 15U];
  }
  quoted += '\'';
  return quoted;
}

// The shortest text that reads back as the same float: at most 17 significant digits.
std::string quote_real(double value) {
  if (std::isnan(value)) return "NULL";
  if (std::isinf(value)) return value > 0 ? "9e999" : "-9e999";
  std::array<char, 40> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  std::string text(buffer.data(), result.ptr);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

}  // namespace

StatementKind statement_kind(TextView sql) noexcept {
  SqlScanner scanner(sql);
  SqlToken token = scanner.next();
  while (token.kind == Kind::semicolon) token = scanner.next();
  if (token.kind == Kind::end) return StatementKind::unknown;
  if (token.kind == Kind::incomplete && token.text.starts_with("/*")) return StatementKind::unknown;
  if (token.kind == Kind::word && is_keyword(token.text, "WITH")) token = verb_after_with(scanner);
  if (token.kind != Kind::word) return StatementKind::other;
  const auto* const verb = std::ranges::find_if(
      kVerbs, [&](const Verb& candidate) { return is_keyword(token.text, candidate.word); });
  return verb == kVerbs.end() ? StatementKind::other : verb->kind;
}

bool is_identifier(TextView text) noexcept {
  const std::string_view name = text;
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !name.empty() && is_letter(name[0]) &&
         std::ranges::all_of(name, [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

std::string quote_identifier(TextView name) { return quote(name, '"'); }

std::string quote_text(TextView text) { return quote(text, '\''); }

std::string quote_value(const ValueView& value) {
  switch (value.type()) {
    case ValueType::null:
      return "NULL";
    case ValueType::integer:
      return std::to_string(value.integer());
    case ValueType::real:
      return quote_real(value.real());
    case ValueType::text:
      // SQL text cannot contain a zero byte.
      if (value.bytes().find('\0') != std::string_view::npos) {
        return "CAST(" + quote_blob(value.bytes()) + " AS TEXT)";
      }
      return quote_text(value.bytes());
    case ValueType::blob:
      return quote_blob(value.bytes());
  }
  return "NULL";
}

bool is_complete(TextView sql) {
  SqlScanner scanner(sql);
  Progress progress = Progress::nothing;
  for (;;) {
    const SqlToken token = scanner.next();
    if (token.kind == Kind::end) return progress == Progress::complete;
    if (token.kind == Kind::incomplete) return false;
    progress = advance(progress, word_of(token));
  }
}

std::string_view first_statement(TextView text) {
  const std::string_view sql = text;
  // Most long texts are one INSERT of many rows: nothing in them ends a statement.
  if (sql.find(';') == std::string_view::npos) return sql;
  SqlScanner scanner(sql);
  Progress progress = Progress::nothing;
  for (;;) {
    const SqlToken token = scanner.next();
    if (token.kind == Kind::end || token.kind == Kind::incomplete) return sql;
    progress = advance(progress, word_of(token));
    if (progress != Progress::complete) continue;
    return sql.substr(0, static_cast<std::size_t>(token.text.data() - sql.data()) + 1);
  }
}

}  // namespace libsql
