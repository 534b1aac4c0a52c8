// Decimal numbers as texts: compared, added and multiplied without a loss of digits.
#ifndef LIBSQL_LOCAL_DECIMAL_H_
#define LIBSQL_LOCAL_DECIMAL_H_

#include <optional>
#include <string>
#include <string_view>

namespace libsql::local {

// A decimal number of any length.
class Decimal {
 public:
  // Zero.
  Decimal() = default;

  // Reads "-12.30" and "1.5e+20"; nothing if `text` is no number, or has an exponent beyond 400.
  static std::optional<Decimal> parse(std::string_view text);

  void add(const Decimal& other);
  void subtract(const Decimal& other);
  // False, without an effect, if either number has more than kMaxFactorDigits digits: the time
  // grows with the product of their digits.
  [[nodiscard]] bool multiply(const Decimal& other);
  static constexpr std::size_t kMaxFactorDigits = 10'000;

  // Negative, zero or positive, as this number is less than, equal to or greater than `other`.
  [[nodiscard]] int compare(const Decimal& other) const;
  // Plain notation, with as many digits behind the point as the longest number added had.
  [[nodiscard]] std::string text() const;

 private:
  void align(std::size_t scale);
  [[nodiscard]] bool is_zero() const;

  bool negative_ = false;
  std::string digits_ = "0";  // Without point or needless leading zeros.
  std::size_t scale_ = 0;     // How many of the digits are behind the point.
};

// The order of the collation: numbers first, by value; other texts after them, by bytes.
[[nodiscard]] int compare_decimal_texts(std::string_view left, std::string_view right);

}  // namespace libsql::local

#endif  // LIBSQL_LOCAL_DECIMAL_H_
