// Splits a line from left to right.
#include "shell/words.h"

#include <algorithm>

#include "shell/command_error.h"

namespace libsql::shell {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::size_t kOctalDigits = 3;

// Consumes up to three octal digits.
char take_octal(std::string_view& line) {
  int code = 0;
  for (std::size_t i = 0; i < kOctalDigits; ++i) {
    if (line.empty() || line[0] < '0' || line[0] > '7') break;
    code = code * 8 + (line[0] - '0');
    line.remove_prefix(1);
  }
  return static_cast<char>(code);
}

// Consumes the rest of an escape, after its backslash.
char take_escape(std::string_view& line) {
  if (line.empty()) return '\\';
  if (line[0] >= '0' && line[0] <= '7') return take_octal(line);
  constexpr std::string_view kLetters = "abtnvfr";
  constexpr std::string_view kMeanings = "\a\b\t\n\v\f\r";
  const char letter = line[0];
  line.remove_prefix(1);
  const std::size_t at = kLetters.find(letter);
  return at == std::string_view::npos ? letter : kMeanings[at];
}

std::string take_plain(std::string_view& line) {
  std::string word;
  while (!line.empty() && kBlanks.find(line[0]) == std::string_view::npos) {
    const char c = line[0];
    line.remove_prefix(1);
    word += c == '\\' ? take_escape(line) : c;
  }
  return word;
}

std::string take_quoted(std::string_view& line) {
  const char quote = line[0];
  std::string word;
  line.remove_prefix(1);
  while (!line.empty()) {
    const char c = line[0];
    line.remove_prefix(1);
    if (c == '\\' && quote == '"') {
      word += take_escape(line);
    } else if (c != quote) {
      word += c;
    } else if (line.starts_with(quote)) {
      word += quote;
      line.remove_prefix(1);
    } else {
      return word;
    }
  }
  throw CommandError("a quote does not end");
}

}  // namespace

std::vector<std::string> split_words(std::string_view line) {
  std::vector<std::string> words;
  for (;;) {
    line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
    if (line.empty()) return words;
    words.push_back(line[0] == '\'' || line[0] == '"' ? take_quoted(line) : take_plain(line));
  }
}

}  // namespace libsql::shell
