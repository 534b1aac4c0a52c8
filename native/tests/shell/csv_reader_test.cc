// RFC 4180, section 2, rule by rule.
#include "shell/csv_reader.h"

#include <sstream>

#include <gtest/gtest.h>

namespace libsql::shell {
namespace {

using Records = std::vector<std::vector<std::string>>;

Records read_all(const std::string& text, Delimiters delimiters = {}) {
  std::istringstream in(text);
  CsvReader reader(in, delimiters);
  Records records;
  std::vector<CsvField> record;
  while (reader.next(record)) {
    records.emplace_back();
    for (const CsvField& field : record) records.back().push_back(field.text);
  }
  return records;
}

TEST(CsvReaderTest, ReadsRecordsThatEndInLfOrCrlf) {
  const Records expected = {{"a", "b"}, {"c", "d"}};
  EXPECT_EQ(read_all("a,b\nc,d\n"), expected);
  EXPECT_EQ(read_all("a,b\r\nc,d\r\n"), expected);
  EXPECT_EQ(read_all("a,b\r\nc,d"), expected);
}

TEST(CsvReaderTest, ReadsQuotedFieldsWithCommasQuotesAndLineBreaks) {
  const Records expected = {{"a,b", "say \"hi\"", "two\r\nlines"}, {"x", "", "z"}};
  EXPECT_EQ(read_all("\"a,b\",\"say \"\"hi\"\"\",\"two\r\nlines\"\r\nx,\"\",z\r\n"), expected);
}

TEST(CsvReaderTest, DistinguishesEmptyFromQuotedEmpty) {
  std::istringstream in(",\"\"");
  CsvReader reader(in);
  std::vector<CsvField> record;
  ASSERT_TRUE(reader.next(record));
  ASSERT_EQ(record.size(), 2U);
  EXPECT_FALSE(record[0].quoted);
  EXPECT_TRUE(record[1].quoted);
}

TEST(CsvReaderTest, ReadsAnEmptyLineAsOneEmptyField) {
  EXPECT_EQ(read_all("a\n\nb\n"), (Records{{"a"}, {""}, {"b"}}));
  EXPECT_EQ(read_all(""), Records{});
}

TEST(CsvReaderTest, SkipsTheByteOrderMark) {
  EXPECT_EQ(read_all("\xEF\xBB\xBF"
                     "a,b\n"),
            (Records{{"a", "b"}}));
}

TEST(CsvReaderTest, KeepsQuotesAndCarriageReturnsInsideUnquotedFields) {
  EXPECT_EQ(read_all("5\" disk,a\rb\n"), (Records{{"5\" disk", "a\rb"}}));
}

TEST(CsvReaderTest, CountsLinesWhereRecordsBegin) {
  std::istringstream in("a\n\"b\nc\"\nd\n");
  CsvReader reader(in);
  std::vector<CsvField> record;
  std::vector<std::size_t> lines;
  while (reader.next(record)) lines.push_back(reader.line());
  EXPECT_EQ(lines, (std::vector<std::size_t>{1, 2, 4}));
  EXPECT_EQ(reader.bytes(), 10U);
}

TEST(CsvReaderTest, NamesTheLineOfAnOpenQuote) {
  try {
    read_all("a\n\"b\nc\n");
    FAIL() << "no error";
  } catch (const CsvError& error) {
    EXPECT_EQ(error.line(), 2U);
  }
}

TEST(CsvReaderTest, RefusesTextAfterAClosingQuote) {
  EXPECT_THROW(read_all("\"a\"b,c\n"), CsvError);
  EXPECT_THROW(read_all("\"a\"\rb\n"), CsvError);
}

TEST(CsvReaderTest, ReadsOtherDelimiters) {
  EXPECT_EQ(read_all("a\tb,c\r\n\"x\ty\"\t\n", {'\t', '\n'}),
            (Records{{"a", "b,c"}, {"x\ty", ""}}));
  EXPECT_EQ(read_all("a\x1F"
                     "b\n\x1E"
                     "c\x1F"
                     "d\r\x1E",
                     {'\x1F', '\x1E'}),
            (Records{{"a", "b\n"}, {"c", "d\r"}}));
}

TEST(CsvReaderTest, ReadsFieldsLongerThanItsBuffer) {
  const std::string field(200'000, 'x');
  EXPECT_EQ(read_all("\"" + field + "\"," + field + "\n"), (Records{{field, field}}));
}

}  // namespace
}  // namespace libsql::shell
