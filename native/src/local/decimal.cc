#include "local/decimal.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>
#include <vector>

namespace libsql::local {

namespace {

constexpr int kMaxExponent = 400;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes digits off the front of `text`.
std::string_view take_digits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const auto length = static_cast<std::size_t>(end - text.begin());
  const std::string_view digits = text.substr(0, length);
  text.remove_prefix(length);
  return digits;
}

// The exponent that `text` is; 0 for an empty text.
std::optional<int> exponent_of(std::string_view text) {
  if (text.empty()) return 0;
  if (text.front() != 'e' && text.front() != 'E') return std::nullopt;
  text.remove_prefix(1);
  if (text.starts_with('+')) text.remove_prefix(1);
  int exponent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (exponent > kMaxExponent || exponent < -kMaxExponent) return std::nullopt;
  return exponent;
}

void strip_leading_zeros(std::string& digits) {
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
}

// Digits of one scale, as numbers without sign.
int compare_digits(const std::string& left, const std::string& right) {
  if (left.size() != right.size()) return left.size() < right.size() ? -1 : 1;
  return left.compare(right);
}

std::string sum(std::string_view left, std::string_view right) {
  std::string result;
  int carry = 0;
  for (std::size_t i = 0; i < std::max(left.size(), right.size()) || carry != 0; ++i) {
    const int a = i < left.size() ? left[left.size() - 1 - i] - '0' : 0;
    const int b = i < right.size() ? right[right.size() - 1 - i] - '0' : 0;
    result += static_cast<char>('0' + (a + b + carry) % 10);
    carry = (a + b + carry) / 10;
  }
  std::reverse(result.begin(), result.end());
  return result;
}

// `left` must not be the smaller one.
std::string difference(std::string_view left, std::string_view right) {
  std::string result;
  int borrow = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    const int a = left[left.size() - 1 - i] - '0' - borrow;
    const int b = i < right.size() ? right[right.size() - 1 - i] - '0' : 0;
    borrow = a < b ? 1 : 0;
    result += static_cast<char>('0' + a - b + borrow * 10);
  }
  std::reverse(result.begin(), result.end());
  return result;
}

std::string product(std::string_view left, std::string_view right) {
  // From the last digit to the first; no place holds more than 81 * kMaxFactorDigits and a carry.
  std::vector<std::uint32_t> places(left.size() + right.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    const auto a = static_cast<std::uint32_t>(left[left.size() - 1 - i] - '0');
    for (std::size_t j = 0; j < right.size(); ++j) {
      places[i + j] += a * static_cast<std::uint32_t>(right[right.size() - 1 - j] - '0');
    }
  }
  std::string result;
  std::uint32_t carry = 0;
  for (const std::uint32_t place : places) {
    carry += place;
    result += static_cast<char>('0' + carry % 10);
    carry /= 10;
  }
  std::reverse(result.begin(), result.end());
  return result;
}

}  // namespace

std::optional<Decimal> Decimal::parse(std::string_view text) {
  Decimal number;
  if (text.starts_with('-') || text.starts_with('+')) {
    number.negative_ = text.front() == '-';
    text.remove_prefix(1);
  }
  number.digits_ = take_digits(text);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    const std::string_view fraction = take_digits(text);
    number.digits_ += fraction;
    number.scale_ = fraction.size();
  }
  const auto exponent = exponent_of(text);
  if (number.digits_.empty() || !exponent) return std::nullopt;
  if (*exponent < 0) {
    number.scale_ += static_cast<std::size_t>(-*exponent);
  } else {
    number.align(std::max(number.scale_, static_cast<std::size_t>(*exponent)));
    number.scale_ -= static_cast<std::size_t>(*exponent);
  }
  strip_leading_zeros(number.digits_);
  return number;
}

void Decimal::align(std::size_t scale) {
  if (scale <= scale_) return;
  digits_.append(scale - scale_, '0');
  scale_ = scale;
  strip_leading_zeros(digits_);
}

bool Decimal::is_zero() const { return digits_.find_first_not_of('0') == std::string::npos; }

void Decimal::add(const Decimal& other) {
  Decimal right = other;
  align(right.scale_);
  right.align(scale_);
  if (negative_ == right.negative_) {
    digits_ = sum(digits_, right.digits_);
  } else if (compare_digits(digits_, right.digits_) >= 0) {
    digits_ = difference(digits_, right.digits_);
  } else {
    digits_ = difference(right.digits_, digits_);
    negative_ = right.negative_;
  }
  strip_leading_zeros(digits_);
}

void Decimal::subtract(const Decimal& other) {
  Decimal negated = other;
  negated.negative_ = !negated.negative_;
  add(negated);
}

bool Decimal::multiply(const Decimal& other) {
  if (std::max(digits_.size(), other.digits_.size()) > kMaxFactorDigits) return false;
  digits_ = product(digits_, other.digits_);
  scale_ += other.scale_;
  negative_ = negative_ != other.negative_;
  strip_leading_zeros(digits_);
  return true;
}

int Decimal::compare(const Decimal& other) const {
  if (is_zero() && other.is_zero()) return 0;
  const bool below = negative_ && !is_zero();
  if (below != (other.negative_ && !other.is_zero())) return below ? -1 : 1;
  Decimal left = *this;
  Decimal right = other;
  left.align(right.scale_);
  right.align(left.scale_);
  const int order = compare_digits(left.digits_, right.digits_);
  return below ? -order : order;
}

std::string Decimal::text() const {
  std::string text = digits_;
  if (text.size() <= scale_) text.insert(0, scale_ + 1 - text.size(), '0');
  if (scale_ > 0) text.insert(text.size() - scale_, 1, '.');
  return negative_ && !is_zero() ? "-" + text : text;
}

int compare_decimal_texts(std::string_view left, std::string_view right) {
  const auto a = Decimal::parse(left);
  const auto b = Decimal::parse(right);
  if (a && b) return a->compare(*b);
  if (a || b) return a ? -1 : 1;
  return left.compare(right);
}

}  // namespace libsql::local
