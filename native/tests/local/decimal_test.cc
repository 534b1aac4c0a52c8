// Decimal numbers as texts, and the SQL functions and the collation for them.
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

TEST(DecimalTest, WhatIsNoNumberSortsAfterNumbers) {
  EXPECT_GT(compare_decimal_texts("abc", "1"), 0);
  EXPECT_LT(compare_decimal_texts("abc", "abd"), 0);
  for (const char* text : {"", "-", ".", "1e", "1e999999999999", "1x", "1e401"}) {
    EXPECT_FALSE(Decimal::parse(text)) << text;
  }
}

class DecimalFunctionsTest : public testing::FileTest {
 protected:
  Value value(const std::string& sql) { return db_.query_one(sql); }
  Connection db_ = connect();
};

TEST_F(DecimalFunctionsTest, SumsAreExactAndNullWithoutNumbers) {
  db_.execute("CREATE TABLE t (v TEXT COLLATE decimal)");
  EXPECT_EQ(value("SELECT quote(decimal_sum(v)) FROM t"), Value(std::string("NULL")));
  db_.execute("INSERT INTO t VALUES ('12345678901234567890.10'), ('0.2'), (NULL), ('9'), ('10')");
  EXPECT_EQ(value("SELECT decimal_sum(v) FROM t"), Value(std::string("12345678901234567909.30")));
  EXPECT_EQ(value("SELECT group_concat(v) FROM (SELECT v FROM t WHERE v < '100' ORDER BY v)"),
            Value(std::string("0.2,9,10")));
  EXPECT_EQ(value("SELECT max(v) FROM t"), Value(std::string("12345678901234567890.10")));
  EXPECT_THROW(value("SELECT decimal_sum('abc')"), Error);
}

TEST_F(DecimalFunctionsTest, DifferencesAndProductsAreExact) {
  EXPECT_EQ(value("SELECT decimal_sub('0.1', '12345678901234567890.12')"),
            Value(std::string("-12345678901234567890.02")));
  EXPECT_EQ(value("SELECT decimal_sub('1.10', 1.1)"), Value(std::string("0.00")));
  EXPECT_EQ(value("SELECT decimal_mul('-12345678901234567890.12', '0.3')"),
            Value(std::string("-3703703670370370367.036")));
  EXPECT_EQ(value("SELECT decimal_mul('99.99', 99)"), Value(std::string("9899.01")));
  EXPECT_EQ(value("SELECT decimal_mul('-0.5', '0')"), Value(std::string("0.0")));
  EXPECT_EQ(value("SELECT quote(decimal_mul(NULL, '2'))"), Value(std::string("NULL")));
  EXPECT_THROW(value("SELECT decimal_sub('1', 'x')"), Error);
}

TEST_F(DecimalFunctionsTest, ProductsOfTooManyDigitsAreErrors) {
  const std::string nines = "replace(hex(zeroblob(5000)), '0', '9')";
  EXPECT_EQ(value("SELECT length(decimal_mul(" + nines + ", " + nines + "))"),
            Value(std::int64_t{20000}));
  EXPECT_THROW(value("SELECT decimal_mul('2', " + nines + " || '9')"), Error);
}

TEST_F(DecimalFunctionsTest, SumsOfWindowsAreExact) {
  db_.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT COLLATE decimal)");
  db_.execute(
      "INSERT INTO t (v) VALUES (NULL), ('12345678901234567890.12'), ('0.01'), ('-1'), (NULL)");
  EXPECT_EQ(value("SELECT group_concat(quote(s), ' ') FROM (SELECT decimal_sum(v) OVER "
                  "(ORDER BY id ROWS 1 PRECEDING) AS s FROM t)"),
            Value(std::string("NULL '12345678901234567890.12' '12345678901234567890.13' '-0.99' "
                              "'-1.00'")));
}

}  // namespace
}  // namespace libsql
