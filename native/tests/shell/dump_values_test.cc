// Literals of .dump, read back by SQLite.
#include "shell/dump_values.h"

#include <cstring>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "libsql/database.h"

namespace libsql::shell {
namespace {

class DumpValuesTest : public testing::Test {
 protected:
  Value read_back(const std::string& literal) {
    Statement statement = connection_.prepare("SELECT " + literal);
    EXPECT_EQ(statement.step(), Step::row);
    return statement.column(0).to_value();
  }
  Value round_trip(const Value& value) { return read_back(literals_.of(value)); }

  Connection connection_ = Database(":memory:").connect();
  Literals literals_{connection_};
};

TEST_F(DumpValuesTest, TextReadsBackUnchanged) {
  const std::string cases[] = {
      "",         "it's",      std::string("a\0b", 3), "\xFF\xFE not UTF-8", "\r\n\\n\\r\\1n",
      "line\n\n", "\\\n\\1\r", "\xE2\x82\xAC"};
  for (const std::string& text : cases) EXPECT_EQ(round_trip(text), Value(text));
}

TEST_F(DumpValuesTest, WritesTextOnOneLine) {
  EXPECT_EQ(text_literal("a\r\nb").find_first_of("\r\n"), std::string::npos);
}

TEST_F(DumpValuesTest, ExtremeValuesReadBackUnchanged) {
  const Value cases[] = {Value(),
                         std::numeric_limits<std::int64_t>::min(),
                         std::numeric_limits<std::int64_t>::max(),
                         std::numeric_limits<double>::infinity(),
                         -std::numeric_limits<double>::infinity(),
                         std::numeric_limits<double>::denorm_min(),
                         std::numeric_limits<double>::max(),
                         0.1,
                         1e22,
                         3.0,
                         Blob{},
                         Blob{std::byte{0}, std::byte{255}}};
  for (const Value& value : cases) EXPECT_EQ(round_trip(value), value) << literals_.of(value);
}

TEST_F(DumpValuesTest, AnyFloatReadsBackUnchanged) {
  std::mt19937_64 random(20261123);
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t bits = random();
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (value != value) continue;
    ASSERT_EQ(round_trip(value), Value(value)) << literals_.of(value);
  }
}

TEST_F(DumpValuesTest, WritesFloatsExactlyWithoutDecimals) {
  for (const double value : {0.1, -1.5e300, 5e-324, 2.2250738585072014e-308, 1.0}) {
    EXPECT_EQ(read_back(exact_real_literal(value)), Value(value)) << exact_real_literal(value);
  }
}

}  // namespace
}  // namespace libsql::shell
