// What each output mode writes for the same rows.
#include "shell/formatter.h"

#include <clocale>
#include <limits>
#include <sstream>

#include <gtest/gtest.h>

namespace libsql::shell {
namespace {

using Rows = std::vector<std::vector<ValueView>>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string format(Mode mode, bool headers, const std::vector<std::string>& columns,
                   const Rows& rows) {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  std::ostringstream out;
  const auto formatter = make_formatter(mode, headers, out);
  formatter->begin(columns);
  for (const auto& row : rows) formatter->row(row);
  formatter->end();
  return out.str();
}

TEST(FormatterTest, ModesHaveNames) {
  for (const Mode mode : {Mode::list, Mode::table, Mode::csv, Mode::json, Mode::markdown}) {
    EXPECT_EQ(parse_mode(to_string(mode)), mode);
  }
  EXPECT_EQ(parse_mode("box"), std::nullopt);
}

TEST(FormatterTest, ListSeparatesByBars) {
  EXPECT_EQ(format(Mode::list, true, {"a", "b"}, {{1, "x"}, {ValueView(), 2.5}}),
            "a|b\n1|x\n|2.5\n");
  EXPECT_EQ(format(Mode::list, false, {"a"}, {{-kInfinity}, {ValueView::blob("\x01\xff")}}),
            "-Inf\nX'01ff'\n");
}

TEST(FormatterTest, TableAlignsWideCharacters) {
  EXPECT_EQ(format(Mode::table, true, {"n", "word"}, {{1, "日本"}, {100, "é"}, {7, "a\tb"}}),
            "+-----+------+\n"
            "| n   | word |\n"
            "+-----+------+\n"
            "|   1 | 日本 |\n"
            "| 100 | é    |\n"
            "|   7 | a\\tb |\n"
            "+-----+------+\n");
}

TEST(FormatterTest, TableWithoutRowsShowsItsColumns) {
  EXPECT_EQ(format(Mode::table, true, {"a"}, {}), "+---+\n| a |\n+---+\n+---+\n");
}

TEST(FormatterTest, TableNeverSendsControlCharacters) {
  const std::string text =
      format(Mode::table, true, {"\x1b[31m"}, {{"\x1b]0;x\x07"}, {"\xC2\x9B"}});
  for (const char c : text) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
  EXPECT_EQ(text.find("\xC2\x9B"), std::string::npos);
}

TEST(FormatterTest, TableOfManyRowsWidensOnTheWay) {
  Rows rows(5000, {"x"});
  rows.back() = {"wide"};
  const std::string text = format(Mode::table, true, {"a"}, rows);
  EXPECT_TRUE(text.starts_with("+---+\n| a |\n"));
  EXPECT_TRUE(text.ends_with("| wide |\n+------+\n"));
}

TEST(FormatterTest, CsvQuotesWhatMustBeQuoted) {
  EXPECT_EQ(format(Mode::csv, true, {"a,b", "c"}, {{"say \"hi\"", "x\ny"}, {ValueView(), ""}}),
            "\"a,b\",c\r\n\"say \"\"hi\"\"\",\"x\ny\"\r\n,\"\"\r\n");
}

TEST(FormatterTest, JsonEscapesAndNamesWhatItCannotSay) {
  EXPECT_EQ(format(Mode::json, false, {"a"}, {{"\"\\\n\x01\xff"}, {ValueView::blob("\xab")}}),
            "[{\"a\":\"\\\"\\\\\\n\\u0001\xEF\xBF\xBD\"},\n{\"a\":\"ab\"}]\n");
  EXPECT_EQ(format(Mode::json, false, {"a", "b", "c"}, {{kInfinity, -kInfinity, ValueView()}}),
            "[{\"a\":\"Infinity\",\"b\":\"-Infinity\",\"c\":null}]\n");
}

TEST(FormatterTest, JsonOfNoRowsIsAnEmptyArray) {
  EXPECT_EQ(format(Mode::json, false, {"a"}, {}), "[]\n");
}

TEST(FormatterTest, JsonMakesEqualNamesDifferent) {
  EXPECT_EQ(format(Mode::json, false, {"a", "a", "a:2"}, {{1, 2, 3}}),
            "[{\"a\":1,\"a:2\":2,\"a:2:2\":3}]\n");
}

TEST(FormatterTest, MarkdownEscapesBarsAndBreaks) {
  EXPECT_EQ(format(Mode::markdown, true, {"a|b"}, {{"x\r\ny|\\"}, {1}}),
            "| a\\|b |\n| --- |\n| x<br>y\\|\\\\ |\n| 1 |\n");
}

}  // namespace
}  // namespace libsql::shell
