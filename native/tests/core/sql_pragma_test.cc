// PRAGMA statements made from names and values.
#include "core/sql_pragma.h"

#include <gtest/gtest.h>

#include "testing/matchers.h"

namespace libsql::core {
namespace {

using libsql::testing::throws_error;

TEST(PragmaStatementTest, WritesNamesAndPlainValuesAsTheyAre) {
  EXPECT_EQ(pragma_statement("user_version"), "PRAGMA user_version");
  EXPECT_EQ(pragma_statement("main.user_version", "7"), "PRAGMA main.user_version = 7");
  EXPECT_EQ(pragma_statement("cache_size", "-2000"), "PRAGMA cache_size = -2000");
  EXPECT_EQ(pragma_statement("a", "1.5"), "PRAGMA a = 1.5");
  EXPECT_EQ(pragma_statement("journal_mode", "wal"), "PRAGMA journal_mode = wal");
}

TEST(PragmaStatementTest, QuotesEverythingElse) {
  EXPECT_EQ(pragma_statement("a", "UTF-8"), "PRAGMA a = 'UTF-8'");
  EXPECT_EQ(pragma_statement("a", "it's; DROP TABLE t"), "PRAGMA a = 'it''s; DROP TABLE t'");
  EXPECT_EQ(pragma_statement("a", ""), "PRAGMA a = ''");
  EXPECT_EQ(pragma_statement("a", "-"), "PRAGMA a = '-'");
  EXPECT_EQ(pragma_statement("a", "1."), "PRAGMA a = '1.'");
}

TEST(PragmaStatementTest, RefusesOtherNamesAndZeroBytes) {
  for (const std::string_view name : {"", "a b", "a;b", "a.b.c", ".a", "a.", "1"}) {
    EXPECT_THAT([&] { return pragma_statement(name); }, throws_error(ErrorKind::invalid_argument));
  }
  EXPECT_THAT([] { return pragma_statement("a", std::string_view("b\0c", 3)); },
              throws_error(ErrorKind::invalid_argument));
}

TEST(IsPragmaTest, KnowsTheNameInEverySpelling) {
  for (const std::string_view sql :
       {"PRAGMA busy_timeout", "pragma Busy_Timeout = 5;", "/* x */ PRAGMA main.busy_timeout(5)",
        "; PRAGMA \"busy_timeout\"", "PRAGMA [main].[busy_timeout] -- now",
        "EXPLAIN PRAGMA busy_timeout", "explain query plan pragma busy_timeout"}) {
    EXPECT_TRUE(is_pragma(sql, "BUSY_TIMEOUT")) << sql;
  }
  for (const std::string_view sql :
       {"", "PRAGMA", "PRAGMA busy", "PRAGMA busy_timeout.x", "SELECT 1", "PRAGMA \"",
        "EXPLAIN SELECT busy_timeout", "EXPLAIN QUERY PLAN", "PRAGMA ;"}) {
    EXPECT_FALSE(is_pragma(sql, "BUSY_TIMEOUT")) << sql;
  }
}

}  // namespace
}  // namespace libsql::core
