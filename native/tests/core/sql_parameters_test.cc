// The parameters that are found in a text are those that SQLite finds in it.
#include "core/sql_parameters.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

namespace libsql::core {
namespace {

using ::testing::ElementsAreArray;

std::vector<std::string> of_sqlite(const std::string& sql) {
  sqlite3* db = nullptr;
  sqlite3_open(":memory:", &db);
  sqlite3_stmt* statement = nullptr;
  EXPECT_EQ(sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr), SQLITE_OK)
      << sql << ": " << sqlite3_errmsg(db);
  std::vector<std::string> names;
  for (int i = 1; i <= sqlite3_bind_parameter_count(statement); ++i) {
    const char* const name = sqlite3_bind_parameter_name(statement, i);
    names.emplace_back(name == nullptr ? "" : name);
  }
  sqlite3_finalize(statement);
  sqlite3_close(db);
  return names;
}

TEST(SqlParametersTest, FindsWhatSqliteFinds) {
  for (const char* const sql : {
           "SELECT 1",
           "SELECT ?, ?",
           "SELECT ?2, ?, ?1",
           "SELECT ?5",
           "SELECT :a, @a, $a, :a, :b",
           "SELECT :a, ?, :b, ?2",
           "SELECT :1, @x9, $_y",
           "SELECT ':a' AS \":b\", 1 AS [?], 2 AS `@c`, ?1 /* ? */ -- :d\n , :e",
           "SELECT a$b, :c FROM (SELECT 1 AS a$b)",
           "SELECT $a::b, $c(d,e), $f::g(h)",
           "SELECT 1 WHERE ?=:x AND?3<@y||:z",
           "SELECT :\xC3\xA9t\xC3\xA9",
       }) {
    const auto found = parameters_of(sql);
    ASSERT_TRUE(found.has_value()) << sql;
    EXPECT_THAT(*found, ElementsAreArray(of_sqlite(sql))) << sql;
  }
}

TEST(SqlParametersTest, RefusesNumbersThatSqliteRefuses) {
  for (const char* const sql :
       {"SELECT ?0", "SELECT ?32767", "SELECT ?1x", "SELECT ?99999999999999999999999"}) {
    EXPECT_FALSE(parameters_of(sql).has_value()) << sql;
  }
}

TEST(SqlParametersTest, EndsWithATextThatDoesNotEnd) {
  EXPECT_EQ(parameters_of("SELECT ?, 'open ?")->size(), 1U);
  EXPECT_EQ(parameters_of("SELECT ?, $a(open ?")->size(), 2U);
  EXPECT_EQ(parameters_of("SELECT : a, @ , $ ")->size(), 0U);
}

}  // namespace
}  // namespace libsql::core
