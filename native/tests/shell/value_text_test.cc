// Values as text; sqlite3_test.sh compares the same with sqlite3.
#include "shell/value_text.h"

#include <charconv>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace libsql::shell {
namespace {

TEST(RealTextTest, LooksAsInSqlite3) {
  const std::pair<double, const char*> cases[] = {
      {300000.0, "300000.0"},
      {1e14, "100000000000000.0"},
      {1e15, "1.0e+15"},
      {1e16, "1.0e+16"},
      {1e100, "1.0e+100"},
      {123456789012345.0, "123456789012345.0"},
      {0.1, "0.1"},
      {-2.5, "-2.5"},
      {1e-4, "0.0001"},
      {1e-5, "1.0e-05"},
      {1.5e-5, "1.5e-05"},
      {-0.0, "0.0"},
      {5e-324, "4.94065645841247e-324"},
      {std::numeric_limits<double>::infinity(), "Inf"},
      {-std::numeric_limits<double>::infinity(), "-Inf"},
  };
  for (const auto& [value, text] : cases) EXPECT_EQ(real_text(value), text);
}

TEST(RealTextTest, TakesMoreDigitsWhereFifteenReadBackAsAnotherNumber) {
  EXPECT_EQ(real_text(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(real_text(1234567890123456.0), "1234567890123456.0");
  EXPECT_EQ(real_text(1.0 / 3), "0.3333333333333333");
  EXPECT_EQ(real_text(std::numeric_limits<double>::max()), "1.7976931348623157e+308");
}

TEST(RealTextTest, ReadsBackAsTheSameNumber) {
  std::mt19937_64 random(20261128);
  for (int i = 0; i < 50'000; ++i) {
    const std::uint64_t bits = random();
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (value - value != 0) continue;  // an infinity or NaN
    const std::string text = real_text(value);
    double number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    ASSERT_EQ(number, value) << text;
  }
}

TEST(RealLiteralTest, WritesInfinitiesAsNumbers) {
  EXPECT_EQ(real_literal(std::numeric_limits<double>::infinity()), "1e999");
  EXPECT_EQ(real_literal(-std::numeric_limits<double>::infinity()), "-1e999");
  EXPECT_EQ(real_literal(2.0), "2.0");
}

TEST(DisplayTextTest, ShowsNullAsTheChosenText) {
  EXPECT_EQ(display_text(ValueView(), "none"), "none");
  EXPECT_EQ(display_text("", "none"), "");
  EXPECT_EQ(display_text(ValueView::blob("\x01"), "none"), "X'01'");
}

}  // namespace
}  // namespace libsql::shell
