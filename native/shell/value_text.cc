// The format of numbers is that of sqlite3's shell, which scripts may depend on.
#include "shell/value_text.h"

#include <array>
#include <charconv>
#include <cmath>

#include "libsql/sql.h"

namespace libsql::shell {
namespace {

constexpr int kUsualDigits = 15;
constexpr int kEnoughDigits = 17;  // Any double reads back from 17 significant digits.

// printf's %.<digits>g in the C locale.
std::string general(double value, int digits) {
  std::array<char, 32> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                    std::chars_format::general, digits);
  return {buffer.data(), result.ptr};
}

bool reads_back(const std::string& text, double value) {
  double number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number == value;
}

}  // namespace

std::string real_text(double value) {
  if (std::isinf(value)) return value > 0 ? "Inf" : "-Inf";
  if (value == 0) return "0.0";  // SQLite shows no negative zero.
  int digits = kUsualDigits;
  std::string text = general(value, digits);
  while (digits < kEnoughDigits && !reads_back(text, value)) text = general(value, ++digits);
  if (text.find('.') == std::string::npos) text.insert(std::min(text.find('e'), text.size()), ".0");
  return text;
}

std::string real_literal(double value) {
  if (std::isinf(value)) return value > 0 ? "1e999" : "-1e999";
  return real_text(value);
}

std::string display_text(const ValueView& value, std::string_view null_text) {
  switch (value.type()) {
    case ValueType::null:
      return std::string(null_text);
    case ValueType::text:
      return std::string(value.bytes());
    case ValueType::real:
      return real_text(value.real());
    case ValueType::integer:
    case ValueType::blob:
      return quote_value(value);
  }
  return {};
}

std::string sql_literal(const ValueView& value) {
  return value.type() == ValueType::real ? real_literal(value.real()) : quote_value(value);
}

}  // namespace libsql::shell
