// Decimal numbers as texts, and the functions and the collation made of them.
#include "local/decimal.h"

#include <string>

#include <gtest/gtest.h>

#include "testing/database_test.h"

namespace libsql {
namespace {

using local::compare_decimal_texts;
using local::Decimal;

std::string sum(std::string_view left, std::string_view right) {
  auto total = Decimal::parse(left);
  total->add(*Decimal::parse(right));
  return total->text();
}

TEST(DecimalTest, AddsWithoutLosingDigits) {
  EXPECT_EQ(sum("0.1", "0.2"), "0.3");
  EXPECT_EQ(sum("99999999999999999999.99", "0.01"), "100000000000000000000.00");
  EXPECT_EQ(sum("1.10", "-1.1"), "0.00");
  EXPECT_EQ(sum("-5", "3.25"), "-1.75");
  EXPECT_EQ(sum("3.25", "-5"), "-1.75");
  EXPECT_EQ(sum("-0.05", "-0.95"), "-1.00");
  EXPECT_EQ(sum("1.5e3", "1E-2"), "1500.01");
}

TEST(DecimalTest, ComparesByValue) {
  EXPECT_EQ(compare_decimal_texts("1.10", "1.1"), 0);
  EXPECT_EQ(compare_decimal_texts("-0", "0.00"), 0);
  EXPECT_LT(compare_decimal_texts("9", "10"), 0);
  EXPECT_LT(compare_decimal_texts("-10", "-9"), 0);
  EXPECT_LT(compare_decimal_texts("-1", "0"), 0);
  EXPECT_GT(compare_decimal_texts("12345678901234567890.2", "12345678901234567890.1"), 0);
}

TEST(DecimalTest, WhatIsNoNumberComesBehindNumbers) {
  EXPECT_GT(compare_decimal_texts("abc", "1"), 0);
  EXPECT_LT(compare_decimal_texts("abc", "abd"), 0);
  for (const char* text : {"", "-", ".", "1e", "1e999999999999", "1x", "1e401"}) {
    EXPECT_FALSE(Decimal::parse(text)) << text;
  }
}

class OwnFunctionsTest : public testing::FileTest {
 protected:
  Value value(const std::string& sql) { return db_.query_one(sql); }
  Connection db_ = connect();
};

TEST_F(OwnFunctionsTest, SumsAreExactAndNullWithoutNumbers) {
  db_.execute("CREATE TABLE t (v TEXT COLLATE decimal)");
  EXPECT_EQ(value("SELECT quote(decimal_sum(v)) FROM t"), Value(std::string("NULL")));
  db_.execute("INSERT INTO t VALUES ('12345678901234567890.10'), ('0.2'), (NULL), ('9'), ('10')");
  EXPECT_EQ(value("SELECT decimal_sum(v) FROM t"), Value(std::string("12345678901234567909.30")));
  EXPECT_EQ(value("SELECT group_concat(v) FROM (SELECT v FROM t WHERE v < '100' ORDER BY v)"),
            Value(std::string("0.2,9,10")));
  EXPECT_EQ(value("SELECT max(v) FROM t"), Value(std::string("12345678901234567890.10")));
  EXPECT_THROW(value("SELECT decimal_sum('abc')"), Error);
}

TEST_F(OwnFunctionsTest, FoldsAllAlphabets) {
  EXPECT_EQ(value("SELECT libsql_fold('ÉMILE ΣΟΦΙΑ ЖУК ß')"),
            Value(std::string("émile σοφια жук ß")));
  EXPECT_EQ(value("SELECT hex(libsql_fold(CAST(x'41FFC3' AS TEXT)))"),
            Value(std::string("61FFC3")));
}

TEST_F(OwnFunctionsTest, UuidsBecomeBytes) {
  EXPECT_EQ(value("SELECT hex(libsql_uuid_bytes('3f2504e0-4f89-41d3-9A0C-0305e82c3301'))"),
            Value(std::string("3F2504E04F8941D39A0C0305E82C3301")));
  EXPECT_EQ(value("SELECT libsql_uuid_bytes('no uuid')"), Value(std::string("no uuid")));
  EXPECT_EQ(value("SELECT quote(libsql_uuid_bytes(NULL))"), Value(std::string("NULL")));
}

}  // namespace
}  // namespace libsql
