// Texts of vectors.
#include "vector/text.h"

#include <cmath>
#include <limits>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "vector/failure.h"

namespace libsql::vector {
namespace {

std::string printed(double value) { return print(std::vector<double>{value}); }

std::string refusal(const std::string& text) {
  try {
    static_cast<void>(parse(text));
  } catch (const Failure& failure) {
    return failure.what();
  }
  return "none";
}

TEST(VectorTextTest, DecimalTiesRoundAwayFromZero) {
  EXPECT_EQ(printed(1234565), "[1.23457e+06]");
  EXPECT_EQ(printed(-1234565), "[-1.23457e+06]");
  EXPECT_EQ(printed(0.5), "[0.5]");
  EXPECT_EQ(printed(999999.5), "[1e+06]");
  EXPECT_EQ(printed(99999.75), "[99999.8]");
  EXPECT_EQ(printed(0.0001), "[0.0001]");
  EXPECT_EQ(printed(0.00001), "[1e-05]");
  EXPECT_EQ(printed(-0.0), "[0]");
}

TEST(VectorTextTest, NumbersBeyondDoublesBecomeInfinityOrZeroWithTheirSign) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(parse("[1e309,-1e99999999999999999999,0.0001e313]"),
            (std::vector<double>{kInfinity, -kInfinity, kInfinity}));
  const auto zeros = parse("[1e-400,-1e-400,1e-99999999999999999999,10000e-340]");
  for (const double zero : zeros) EXPECT_EQ(zero, 0.0);
  EXPECT_TRUE(std::signbit(zeros[1]));
  EXPECT_EQ(parse("[5e-324]")[0], std::numeric_limits<double>::denorm_min());
}

TEST(VectorTextTest, ANumberMayHaveAsManyCharactersAsTheBufferOfLibSqlHolds) {
  EXPECT_EQ(parse("[" + std::string(1024, '0') + "1]"), std::vector<double>{1});
  EXPECT_EQ(
      refusal("[" + std::string(1026, '1') + "]"),
      "vector: float string length exceeded 1024 characters: '" + std::string(1025, '1') + "'");
}

TEST(VectorTextTest, RefusesWhatOtherParsersTakeForNumbers) {
  for (const std::string text : {"inf", "0x1", "1_0", "1e", "1e+", ".", "+", "+-1", ".e1"}) {
    EXPECT_EQ(refusal("[" + text + "]"), "vector: invalid float at position 0: '" + text + "'");
  }
}

TEST(VectorTextTest, ATextEndsAtAZeroByte) {
  EXPECT_EQ(parse(std::string("[1]\0x", 5)), std::vector<double>{1});
  EXPECT_EQ(apparent_dimensions(std::string_view("[1\0,,,", 6)), 1);
}

RC_GTEST_PROP(VectorTextTest, PrintingWhatWasParsedChangesNothing,
              (const std::vector<float>& values)) {
  const std::string text = print(std::vector<double>(values.begin(), values.end()));
  RC_PRE(text.find_first_of("IN") == std::string::npos);  // Infinities and NaN are printed only.
  RC_ASSERT(print(parse(text)) == text);
}

}  // namespace
}  // namespace libsql::vector
