// Splits SQL text into tokens.
#include "core/sql_scanner.h"

#include <algorithm>

namespace libsql::core {
namespace {

constexpr std::string_view kBlanks = " \t\n\f\r";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_word_byte(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

char to_upper(char c) noexcept { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

// The length of the quoted token at the start of `text`, or 0 if it does not end.
std::size_t quoted_length(std::string_view text, char closing) noexcept {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] != closing) continue;
    const bool doubled = closing != ']' && i + 1 < text.size() && text[i + 1] == closing;
    if (!doubled) return i + 1;
    ++i;
  }
  return 0;
}

}  // namespace

SqlToken SqlScanner::take(SqlToken::Kind kind, std::size_t length) noexcept {
  const SqlToken token{kind, rest_.substr(0, length)};
  rest_.remove_prefix(token.text.size());
  return token;
}

bool SqlScanner::skip_blanks() noexcept {
  for (;;) {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(kBlanks), rest_.size()));
    if (rest_.starts_with("--")) {
      rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
    } else if (rest_.starts_with("/*")) {
      const std::size_t end = rest_.find("*/", 2);
      if (end == std::string_view::npos) return false;
      rest_.remove_prefix(end + 2);
    } else if (rest_.starts_with(kByteOrderMark)) {
      rest_.remove_prefix(kByteOrderMark.size());
    } else {
      return true;
    }
  }
}

SqlToken SqlScanner::next() noexcept {
  using Kind = SqlToken::Kind;
  if (!skip_blanks()) return take(Kind::incomplete, rest_.size());
  if (rest_.empty()) return {Kind::end, rest_};
  switch (const char c = rest_[0]; c) {
    case ';':
      return take(Kind::semicolon, 1);
    case '(':
      return take(Kind::open, 1);
    case ')':
      return take(Kind::close, 1);
    case '\'':
    case '"':
    case '`':
    case '[': {
      const std::size_t length = quoted_length(rest_, c == '[' ? ']' : c);
      return length == 0 ? take(Kind::incomplete, rest_.size()) : take(Kind::quoted, length);
    }
    default: {
      const auto* const end = std::ranges::find_if_not(rest_, is_word_byte);
      const auto length = static_cast<std::size_t>(end - rest_.begin());
      return length == 0 ? take(Kind::other, 1) : take(Kind::word, length);
    }
  }
}

bool is_keyword(std::string_view word, std::string_view upper) noexcept {
  return std::ranges::equal(word, upper, {}, to_upper);
}

}  // namespace libsql::core
