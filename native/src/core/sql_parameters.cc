#include "core/sql_parameters.h"

#include <algorithm>
#include <charconv>
#include <cstddef>

#include "core/sql_scanner.h"

namespace libsql::core {

namespace {

// SQLite's default limit. Source: sqlite.org/limits.html#max_variable_number
constexpr std::size_t kMaxNumber = 32766;

bool touches(const SqlToken& first, const SqlToken& second) noexcept {
  return first.text.data() + first.text.size() == second.text.data();
}

std::string_view joined(const SqlToken& first, const SqlToken& last) noexcept {
  const char* const end = last.text.data() + last.text.size();
  return {first.text.data(), static_cast<std::size_t>(end - first.text.data())};
}

// Reads parameters one by one.
class Reader {
 public:
  explicit Reader(std::string_view sql) : scanner_(sql), token_(scanner_.next()) {}

  // The next parameter as it is written; empty at the end.
  std::string_view next() {
    using Kind = SqlToken::Kind;
    while (token_.kind != Kind::end && token_.kind != Kind::incomplete) {
      const SqlToken token = take();
      if (token.kind == Kind::word && token.text.size() > 1 && token.text.front() == '$') {
        return dollar(token);
      }
      if (token.kind != Kind::other) continue;
      const bool named = token.text == ":" || token.text == "@";
      const bool word = token_.kind == Kind::word && touches(token, token_);
      if (named && word) return joined(token, take());
      if (token.text == "?") return word ? joined(token, take()) : token.text;
    }
    return {};
  }

 private:
  SqlToken take() {
    const SqlToken token = token_;
    token_ = scanner_.next();
    return token;
  }
  // Tcl's names: $a::b(index).
  std::string_view dollar(const SqlToken& first) {
    SqlToken last = first;
    for (;;) {
      const bool colon = token_.text == ":" && touches(last, token_);
      if (!colon && !(token_.kind == SqlToken::Kind::word && touches(last, token_))) break;
      last = take();
    }
    if (token_.kind != SqlToken::Kind::open || !touches(last, token_)) return joined(first, last);
    while (token_.kind != SqlToken::Kind::end && token_.kind != SqlToken::Kind::close) take();
    if (token_.kind == SqlToken::Kind::close) last = take();
    return joined(first, last);
  }

  SqlScanner scanner_;
  SqlToken token_;
};

// The number of ?3; 0 if it is none of SQLite's.
std::size_t number_of(std::string_view parameter) noexcept {
  std::size_t number = 0;
  const char* const end = parameter.data() + parameter.size();
  const auto [stop, error] = std::from_chars(parameter.data() + 1, end, number);
  return error == std::errc{} && stop == end && number <= kMaxNumber ? number : 0;
}

}  // namespace

std::optional<std::vector<std::string_view>> parameters_of(std::string_view sql) {
  std::vector<std::string_view> names;
  if (sql.find_first_of("?:@$") == std::string_view::npos) return names;
  Reader reader(sql);
  for (std::string_view name = reader.next(); !name.empty(); name = reader.next()) {
    if (name == "?") {
      names.emplace_back();
    } else if (name.front() == '?') {
      const std::size_t number = number_of(name);
      if (number == 0) return std::nullopt;
      if (names.size() < number) names.resize(number);
      names[number - 1] = name;
    } else if (std::ranges::find(names, name) == names.end()) {
      names.push_back(name);
    }
    if (names.size() > kMaxNumber) return std::nullopt;
  }
  return names;
}

}  // namespace libsql::core
