#include "vector/text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

#include "vector/element.h"
#include "vector/failure.h"

namespace libsql::vector {

namespace {

// libSQL's buffer holds one more than its message says.
constexpr std::size_t kMaxNumberLength = 1024;

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view until_zero(std::string_view text) { return text.substr(0, text.find('\0')); }

// Takes digits off the front of `text`; their number.
std::size_t skip_digits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const auto count = static_cast<std::size_t>(end - text.begin());
  text.remove_prefix(count);
  return count;
}

bool skip(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// `text`, without a sign: digits with an optional point, and an optional exponent.
bool is_number(std::string_view text) {
  std::size_t digits = skip_digits(text);
  if (skip(text, ".")) digits += skip_digits(text);
  if (digits == 0) return false;
  if (skip(text, "eE")) {
    skip(text, "+-");
    if (skip_digits(text) == 0) return false;
  }
  return text.empty();
}

// Whether a number that no double can hold is too large, and not too small.
bool is_large(std::string_view text) {
  const std::size_t e = text.find_first_of("eE");
  const std::string_view mantissa = text.substr(0, e);
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  const std::size_t first = mantissa.find_first_of("123456789");
  auto magnitude = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);
  if (e != std::string_view::npos) {
    std::string_view digits = text.substr(e + 1);
    const bool negative = digits.front() == '-';
    skip(digits, "+-");
    std::int64_t exponent = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
    if (error != std::errc()) return !negative;
    magnitude += negative ? -exponent : exponent;
  }
  return magnitude > 0;
}

std::optional<double> number_of(std::string_view text) {
  const bool negative = text.starts_with('-');
  skip(text, "+-");
  if (!is_number(text)) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) {
    value = is_large(text) ? std::numeric_limits<double>::infinity() : 0.0;
  }
  return negative ? -value : value;
}

// Calls `add(number)` for each number of `text`.
template <typename Add>
void for_each_number(std::string_view text, Add add) {
  text = until_zero(text);
  const auto skip_space = [&text] {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  };
  skip_space();
  if (!skip(text, "[")) throw Failure("vector: must start with '['");
  std::string number;
  std::size_t position = 0;
  for (;; text.remove_prefix(1)) {
    if (text.empty()) throw Failure("vector: must end with ']'");
    const char c = text.front();
    if (is_space(c)) continue;
    if (c != ',' && c != ']') {
      if (number.size() > kMaxNumberLength) {
        throw Failure("vector: float string length exceeded 1024 characters: '" + number + "'");
      }
      number += c;
      continue;
    }
    if (c == ']' && position == 0 && number.empty()) break;
    const auto value = number_of(number);
    if (!value) {
      throw Failure("vector: invalid float at position " + std::to_string(position) + ": '" +
                    number + "'");
    }
    if (position >= kMaxDimensions) {
      throw Failure("vector: max size exceeded " + std::to_string(kMaxDimensions));
    }
    add(*value);
    ++position;
    number.clear();
    if (c == ']') break;
  }
  text.remove_prefix(1);
  skip_space();
  if (!text.empty()) {
    throw Failure("vector: non-space symbols after closing ']' are forbidden");
  }
}

// Six significant digits and the decimal exponent of the first.
struct Rounded {
  std::string digits;
  int exponent;
};

constexpr std::size_t kDigits = 6;

// `value` is finite, positive and not zero. Rounds to 17 digits, which all doubles differ in, and
// then half up: what libSQL does, unlike the C library.
Rounded rounded(double value) {
  char raw[32];
  const auto [end, error] =
      std::to_chars(raw, raw + sizeof raw, value, std::chars_format::scientific, 16);
  const std::string_view text(raw, static_cast<std::size_t>(end - raw));
  std::string digits(1, text[0]);
  digits += text.substr(2, 16);
  int exponent = 0;
  const char* const from = raw + (text[19] == '+' ? 20 : 19);
  std::from_chars(from, end, exponent);
  const bool up = digits[kDigits] >= '5';
  digits.resize(kDigits);
  if (up) {
    std::size_t place = kDigits;
    while (place > 0 && digits[place - 1] == '9') digits[--place] = '0';
    if (place > 0) {
      ++digits[place - 1];
    } else {
      digits.insert(digits.begin(), '1');
      ++exponent;
    }
  }
  digits.resize(digits.find_last_not_of('0') + 1);
  return {digits, exponent};
}

void append_scientific(std::string& text, const Rounded& number) {
  text += number.digits[0];
  if (number.digits.size() > 1) text.append(1, '.').append(number.digits, 1);
  text += number.exponent < 0 ? "e-" : "e+";
  const std::string exponent = std::to_string(std::abs(number.exponent));
  text.append(exponent.size() < 2 ? 1 : 0, '0') += exponent;
}

void append_plain(std::string& text, const Rounded& number) {
  if (number.exponent < 0) {
    text.append("0.").append(static_cast<std::size_t>(-number.exponent - 1), '0');
    text += number.digits;
    return;
  }
  const auto whole = static_cast<std::size_t>(number.exponent) + 1;
  std::string digits = number.digits;
  if (digits.size() < whole) digits.resize(whole, '0');
  if (digits.size() > whole) digits.insert(whole, 1, '.');
  text += digits;
}

void append(std::string& text, double value) {
  if (std::isnan(value)) {
    text += "NaN";
    return;
  }
  if (value == 0) {
    text += '0';
    return;
  }
  if (value < 0) text += '-';
  if (std::isinf(value)) {
    text += "Inf";
    return;
  }
  const Rounded number = rounded(std::abs(value));
  const bool plain = number.exponent >= -4 && number.exponent < static_cast<int>(kDigits);
  plain ? append_plain(text, number) : append_scientific(text, number);
}

}  // namespace

std::vector<double> parse(std::string_view text) {
  std::vector<double> values;
  for_each_number(text, [&values](double value) { values.push_back(value); });
  return values;
}

std::vector<float> parse_floats(std::string_view text) {
  std::vector<float> values;
  for_each_number(text, [&values](double value) { values.push_back(static_cast<float>(value)); });
  return values;
}

std::size_t apparent_dimensions(std::string_view text) noexcept {
  text = until_zero(text);
  const auto commas = static_cast<std::size_t>(std::count(text.begin(), text.end(), ','));
  return commas + (std::any_of(text.begin(), text.end(), is_digit) ? 1 : 0);
}

std::string print(std::span<const double> values) {
  std::string text = "[";
  for (const double value : values) {
    if (text.size() > 1) text += ',';
    append(text, value);
  }
  return text += ']';
}

}  // namespace libsql::vector
