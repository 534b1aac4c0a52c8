// SQL text that no connection runs.
#include "core/sql_refused.h"

#include <string>

#include <gtest/gtest.h>

#include "libsql/error.h"

namespace libsql::core {
namespace {

using namespace std::string_view_literals;

std::string refusal(std::string_view sql) {
  try {
    refuse_zero_byte(sql);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(RefusedSqlTest, NamesTheOffsetOfAZeroByte) {
  EXPECT_EQ(refusal("SELECT 1"), "");
  EXPECT_EQ(refusal("SELECT 1\0"sv), "the SQL text contains a NUL byte at offset 8");
  EXPECT_EQ(refusal("\0"sv), "the SQL text contains a NUL byte at offset 0");
}

TEST(RefusedSqlTest, FindsStatementsThatGiveAKey) {
  for (const auto* sql : {"PRAGMA key = 'a'", "pragma main.rekey('a')", " /* a */ PRAGMA hexkey=1",
                          "EXPLAIN PRAGMA key = 'a'"}) {
    EXPECT_EQ(statement_with_key(sql), "PRAGMA key") << sql;
  }
  EXPECT_EQ(statement_with_key("ATTACH 'x.db' AS y KEY 'a'"), "ATTACH ... KEY");
  for (const auto* sql : {"ATTACH 'x.db' AS key", "SELECT key FROM t", "PRAGMA foreign_keys",
                          "CREATE TABLE key (key)", "ATTACH (SELECT key) AS y", ""}) {
    EXPECT_EQ(statement_with_key(sql), "") << sql;
  }
}

TEST(RefusedSqlTest, ShowsTheKindOfTheStatementOnly) {
  try {
    refuse_statement_with_key("PRAGMA key");
  } catch (const Error& error) {
    EXPECT_EQ(error.statement(), "PRAGMA key");
    EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
  }
}

}  // namespace
}  // namespace libsql::core
