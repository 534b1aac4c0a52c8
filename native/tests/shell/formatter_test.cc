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

OutputStyle style_of(std::string_view mode, bool headers = false) {
  OutputStyle style;
  EXPECT_TRUE(choose_mode(style, mode)) << mode;
  if (headers) style.headers = true;
  return style;
}

std::string format(const OutputStyle& style, const std::vector<std::string>& columns,
                   const Rows& rows) {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  std::ostringstream out;
  const auto formatter = make_formatter(style, out);
  formatter->begin(columns);
  for (const auto& row : rows) formatter->row(row);
  formatter->end();
  return out.str();
}

// What is written for a query that fails after some rows.
std::string format_failing(std::string_view mode, const Rows& rows) {
  std::ostringstream out;
  const OutputStyle style = style_of(mode, true);
  const auto formatter = make_formatter(style, out);
  formatter->begin({"a"});
  for (const auto& row : rows) formatter->row(row);
  formatter->fail();
  return out.str();
}

TEST(OutputStyleTest, EachNameChoosesAMode) {
  for (const std::string& name : mode_names()) {
    OutputStyle style;
    EXPECT_TRUE(choose_mode(style, name));
    const std::string_view shown = to_string(style.mode);
    if (name == "tabs") {
      EXPECT_EQ(shown, "list");
    } else if (name == "vertical") {
      EXPECT_EQ(shown, "line");
    } else {
      EXPECT_EQ(shown, name);
    }
  }
  OutputStyle style;
  EXPECT_FALSE(choose_mode(style, "html"));
}

TEST(OutputStyleTest, ChoosingAModeResetsTheSeparators) {
  OutputStyle style;
  style.separators = Separators{";", "!"};
  EXPECT_EQ(separators_of(style).column, ";");
  EXPECT_TRUE(choose_mode(style, "csv"));
  EXPECT_EQ(separators_of(style).column, ",");
  EXPECT_EQ(separators_of(style).row, "\r\n");
  EXPECT_TRUE(choose_mode(style, "tabs"));
  EXPECT_EQ(separators_of(style).column, "\t");
}

TEST(FormatterTest, ListSeparatesByBars) {
  EXPECT_EQ(format(style_of("list", true), {"a", "b"}, {{1, "x"}, {ValueView(), 2.5}}),
            "a|b\n1|x\n|2.5\n");
  EXPECT_EQ(format(style_of("list"), {"a"}, {{-kInfinity}, {ValueView::blob("\x01\xff")}}),
            "-Inf\nX'01ff'\n");
}

TEST(FormatterTest, ListWritesChosenSeparatorsAndNullText) {
  OutputStyle style = style_of("list", true);
  style.separators = Separators{"; ", "!\n"};
  style.null_text = "NULL";
  EXPECT_EQ(format(style, {"a", "b"}, {{1, ValueView()}}), "a; b!\n1; NULL!\n");
}

TEST(FormatterTest, TableAlignsWideCharacters) {
  EXPECT_EQ(format(style_of("table"), {"n", "word"}, {{1, "日本"}, {100, "é"}, {7, "a\tb"}}),
            "+-----+------+\n"
            "|  n  | word |\n"
            "+-----+------+\n"
            "| 1   | 日本 |\n"
            "| 100 | é    |\n"
            "| 7   | a\\tb |\n"
            "+-----+------+\n");
}

TEST(FormatterTest, TableWithoutRowsShowsItsColumns) {
  EXPECT_EQ(format(style_of("table"), {"a"}, {}), "+---+\n| a |\n+---+\n+---+\n");
}

TEST(FormatterTest, TableNeverSendsControlCharacters) {
  const std::string text =
      format(style_of("table"), {"\x1b[31m"}, {{"\x1b]0;x\x07"}, {"\xC2\x9B"}});
  for (const char c : text) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
  EXPECT_EQ(text.find("\xC2\x9B"), std::string::npos);
}

TEST(FormatterTest, TableOfManyRowsWidensByPortions) {
  Rows rows(5000, {"x"});
  rows.back() = {"wide"};
  const std::string text = format(style_of("table"), {"a"}, rows);
  EXPECT_TRUE(text.starts_with("+---+\n| a |\n"));
  EXPECT_TRUE(text.ends_with("| wide |\n+------+\n"));
}

TEST(FormatterTest, CsvQuotesSeparatorsQuotesAndLineBreaks) {
  EXPECT_EQ(
      format(style_of("csv", true), {"a,b", "c"}, {{"say \"hi\"", "x\ny"}, {ValueView(), ""}}),
      "\"a,b\",c\r\n\"say \"\"hi\"\"\",\"x\ny\"\r\n,\"\"\r\n");
}

TEST(FormatterTest, CsvQuotesTextThatEqualsTheNullText) {
  OutputStyle style = style_of("csv");
  style.null_text = "NULL";
  EXPECT_EQ(format(style, {"a"}, {{ValueView()}, {"NULL"}, {""}}), "NULL\r\n\"NULL\"\r\n\"\"\r\n");
}

TEST(FormatterTest, CsvQuotesFieldsWithAChosenSeparator) {
  OutputStyle style = style_of("csv");
  style.separators = Separators{";", "\n"};
  EXPECT_EQ(format(style, {"a", "b"}, {{"x;y", "x,y"}}), "\"x;y\";x,y\n");
}

TEST(FormatterTest, JsonEscapesTextAndWritesBlobsInHexadecimalDigits) {
  EXPECT_EQ(format(style_of("json"), {"a"}, {{"\"\\\n\x01\xff"}, {ValueView::blob("\xab")}}),
            "[{\"a\":\"\\\"\\\\\\n\\u0001\xEF\xBF\xBD\"},\n{\"a\":\"ab\"}]\n");
}

TEST(FormatterTest, JsonWritesInfinitiesAsNumbersTooLargeForADouble) {
  EXPECT_EQ(format(style_of("json"), {"a", "b", "c"}, {{kInfinity, -kInfinity, ValueView()}}),
            "[{\"a\":1e999,\"b\":-1e999,\"c\":null}]\n");
}

TEST(FormatterTest, JsonOfNoRowsIsAnEmptyArray) {
  EXPECT_EQ(format(style_of("json"), {"a"}, {}), "[]\n");
}

TEST(FormatterTest, JsonMakesEqualNamesDifferent) {
  EXPECT_EQ(format(style_of("json"), {"a", "a", "a:2"}, {{1, 2, 3}}),
            "[{\"a\":1,\"a:2\":2,\"a:2:2\":3}]\n");
}

TEST(FormatterTest, MarkdownEscapesBarsAndBreaks) {
  EXPECT_EQ(format(style_of("markdown"), {"a|b"}, {{"x\r\ny|\\"}, {1}}),
            "|    a\\|b    |\n"
            "|------------|\n"
            "| x<br>y\\|\\\\ |\n"
            "| 1          |\n");
}

TEST(FormatterTest, BoxIsATableInBoxDrawingCharacters) {
  EXPECT_EQ(format(style_of("box"), {"n", "word"}, {{1, "日本語"}, {ValueView(), "x"}}),
            "┌───┬────────┐\n"
            "│ n │  word  │\n"
            "├───┼────────┤\n"
            "│ 1 │ 日本語 │\n"
            "│   │ x      │\n"
            "└───┴────────┘\n");
}

TEST(FormatterTest, LineAlignsNamesAndKeepsLineBreaks) {
  EXPECT_EQ(format(style_of("line"), {"a", "long name"}, {{1, "x\ny\tz\x1b"}, {2, ValueView()}}),
            "        a = 1\nlong name = x\ny\tz\\x1b\n"
            "\n"
            "        a = 2\nlong name = \n");
  EXPECT_EQ(format(style_of("line"), {"a"}, {{1}}), "    a = 1\n");
  EXPECT_EQ(format(style_of("line"), {"a"}, {}), "");
}

TEST(FormatterTest, InsertWritesStatements) {
  OutputStyle style = style_of("insert");
  EXPECT_EQ(format(style, {"a", "b"}, {{"it's", ValueView::blob("\x01\xff")}}),
            "INSERT INTO \"table\" VALUES('it''s',X'01ff');\n");
  style.insert_table = "t";
  style.headers = true;
  EXPECT_EQ(format(style, {"a", "order", "b c"}, {{kInfinity, 300000.0, "x\ny"}}),
            "INSERT INTO t(a,\"order\",\"b c\") VALUES(1e999,300000.0,"
            "replace('x\\ny','\\n',char(10)));\n");
}

TEST(FormatterTest, QuoteWritesLiterals) {
  EXPECT_EQ(format(style_of("quote", true), {"a", "it's"}, {{"it's", ValueView()}, {-1.5, 2}}),
            "'a','it''s'\n'it''s',NULL\n-1.5,2\n");
}

TEST(FormatterTest, AFailedQueryLeavesFramesAndArraysOpen) {
  EXPECT_EQ(format_failing("json", {{1}, {2}}), "[{\"a\":1},\n{\"a\":2}\n");
  for (const std::string_view mode : {"table", "box", "markdown"}) {
    EXPECT_EQ(format_failing(mode, {{1}, {2}}), "") << mode;
  }
  const std::string text = format_failing("table", Rows(3000, {"x"}));
  EXPECT_TRUE(text.starts_with("+---+\n| a |\n+---+\n| x |\n"));
  EXPECT_TRUE(text.ends_with("| x |\n"));
}

}  // namespace
}  // namespace libsql::shell
