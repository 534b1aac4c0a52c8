// Collects lines into statements and dot commands.
#include "shell/script.h"

#include <algorithm>
#include <utility>

#include "libsql/sql.h"
#include "shell/utf8.h"

namespace libsql::shell {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\f\v";

std::string_view trim_end(std::string_view text) {
  const std::size_t last = text.find_last_not_of(kBlanks);
  return last == std::string_view::npos ? std::string_view() : text.substr(0, last + 1);
}

}  // namespace

std::optional<Chunk> ScriptReader::add(std::string_view line) {
  const std::size_t number = next_line_++;
  if (!pending()) {
    if (line.starts_with('.'))
      return Chunk{Chunk::Kind::command, std::string(trim_end(line)), number};
    if (trim_end(line).empty()) return std::nullopt;
    first_line_ = number;
  }
  text_.append(line).push_back('\n');
  // Only a semicolon can complete a statement; testing after each line would make long statements
  // quadratic.
  if (line.find(';') == std::string_view::npos || !is_complete(text_)) return std::nullopt;
  return take();
}

std::optional<Chunk> ScriptReader::finish() {
  if (!pending()) return std::nullopt;
  return take();
}

void ScriptReader::discard() { text_.clear(); }

Chunk ScriptReader::take() {
  return {Chunk::Kind::sql, std::exchange(text_, std::string()), first_line_};
}

std::size_t skip_blank(std::string_view sql) noexcept {
  std::size_t at = 0;
  while (at < sql.size()) {
    const std::string_view rest = sql.substr(at);
    std::size_t length = 0;
    if (rest.starts_with("--")) {
      length = std::min(rest.find('\n'), rest.size());
    } else if (rest.starts_with("/*")) {
      const std::size_t end = rest.find("*/", 2);
      length = end == std::string_view::npos ? rest.size() : end + 2;
    } else if (rest[0] == ';' || kBlanks.find(rest[0]) != std::string_view::npos) {
      length = 1;
    } else {
      return at;
    }
    at += length;
  }
  return at;
}

Position locate(std::string_view text, std::size_t offset, std::size_t first_line) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto breaks = static_cast<std::size_t>(std::ranges::count(before, '\n'));
  const std::size_t last_break = before.rfind('\n');
  const std::size_t line_start = last_break == std::string_view::npos ? 0 : last_break + 1;
  return {first_line + breaks, count_characters(before.substr(line_start)) + 1};
}

}  // namespace libsql::shell
