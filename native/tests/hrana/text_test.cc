#include "hrana/text.h"

#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "hrana/json_text.h"
#include "testing/matchers.h"

namespace libsql::hrana {
namespace {

using libsql::testing::throws_error;

TEST(TextTest, RefusesBytesThatAreNotUtf8ByName) {
  EXPECT_NO_THROW(require_utf8("é", "a name"));
  EXPECT_THAT([] { require_utf8("\xFF", "a name"); },
              throws_error(ErrorKind::invalid_argument, "a name is not UTF-8"));
}

TEST(TextTest, ReplacesEachByteThatIsNotUtf8) {
  EXPECT_EQ(readable("a\xC3\xA9z"), "aéz");
  EXPECT_EQ(readable("a\xC3z\xFF"), "a\uFFFDz\uFFFD");
  EXPECT_EQ(readable("\xF0\x9F\x98\x80\xF0"), "\U0001F600\uFFFD");
}

std::string number(double value) {
  std::string out;
  json::append_number(value, out);
  return out;
}

TEST(JsonTextTest, WritesFloatsThatReadBackAsTheSameFloat) {
  EXPECT_EQ(number(1.5), "1.5");
  EXPECT_EQ(number(1), "1.0");
  EXPECT_EQ(number(-0.0), "-0.0");
  EXPECT_EQ(number(0.1), "0.1");
  EXPECT_EQ(number(1e300), "1e+300");
  EXPECT_EQ(number(std::numeric_limits<double>::denorm_min()), "5e-324");
  EXPECT_EQ(number(std::numeric_limits<double>::max()), "1.7976931348623157e+308");
}

TEST(JsonTextTest, EscapesOnlyWhatJsonDemands) {
  std::string out;
  json::append_string(std::string_view("a\"b\\c/d\n\0\x1F\x7F é", 14), out);
  EXPECT_EQ(out, "\"a\\\"b\\\\c/d\\n\\u0000\\u001f\x7F é\"");
}

}  // namespace
}  // namespace libsql::hrana
