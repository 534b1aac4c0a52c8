// SQL text: kinds, completeness, quoting.
#include "libsql/sql.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sqlite3.h>

#include "core/sql_traces.h"
#include "libsql/value.h"

namespace libsql {
namespace {

TEST(StatementKindTest, ReadsTheVerb) {
  const std::vector<std::pair<std::string, StatementKind>> cases = {
      {"SELECT 1", StatementKind::select},
      {"select 1", StatementKind::select},
      {"VALUES (1)", StatementKind::select},
      {"EXPLAIN DELETE FROM t", StatementKind::select},
      {"EXPLAIN QUERY PLAN UPDATE t SET a = 1", StatementKind::select},
      {"INSERT INTO t VALUES (1)", StatementKind::insert},
      {"REPLACE INTO t VALUES (1)", StatementKind::insert},
      {"UPDATE t SET a = 1", StatementKind::update},
      {"DELETE FROM t", StatementKind::del},
      {"CREATE TABLE t(a)", StatementKind::ddl},
      {"DROP TABLE t", StatementKind::drop},
      {"ALTER TABLE t RENAME TO u", StatementKind::ddl},
      {"PRAGMA user_version", StatementKind::pragma},
      {"BEGIN", StatementKind::begin},
      {"COMMIT", StatementKind::commit},
      {"END TRANSACTION", StatementKind::commit},
      {"ROLLBACK", StatementKind::rollback},
      {"ROLLBACK TO a", StatementKind::rollback},
      {"SAVEPOINT a", StatementKind::savepoint},
      {"RELEASE a", StatementKind::release},
      {"ATTACH 'f' AS a", StatementKind::attach},
      {"DETACH a", StatementKind::attach},
      {"VACUUM", StatementKind::other},
      {"SELECTED", StatementKind::other},
      {"(SELECT 1)", StatementKind::other},
      {"'SELECT'", StatementKind::other},
      {"\"SELECT\"", StatementKind::other},
  };
  for (const auto& [sql, kind] : cases) EXPECT_EQ(statement_kind(sql), kind) << sql;
}

TEST(StatementKindTest, OnlyASelectLeavesNothingOnItsConnection) {
  for (const char* sql : {"SELECT 1", "; VALUES (1)", "WITH a AS (SELECT 1) SELECT * FROM a"}) {
    EXPECT_FALSE(core::leaves_traces(sql)) << sql;
    EXPECT_FALSE(core::leaves_traces(statement_kind(sql), sql)) << sql;
  }
  for (const char* sql : {"PRAGMA foreign_keys=0", "EXPLAIN PRAGMA foreign_keys=0",
                          ";; EXPLAIN SELECT 1", "INSERT INTO t VALUES (1)", "BEGIN",
                          "WITH a AS (SELECT 1) DELETE FROM t", "CREATE TEMP TABLE t(a)", ""}) {
    EXPECT_TRUE(core::leaves_traces(sql)) << sql;
    EXPECT_TRUE(core::leaves_traces(statement_kind(sql), sql)) << sql;
  }
}

TEST(StatementKindTest, SkipsBlanksAndComments) {
  EXPECT_EQ(statement_kind(" \t\r\n\f SELECT 1"), StatementKind::select);
  EXPECT_EQ(statement_kind("-- SELECT\nDELETE FROM t"), StatementKind::del);
  EXPECT_EQ(statement_kind("/* SELECT */ /**/ DELETE FROM t"), StatementKind::del);
  EXPECT_EQ(statement_kind("/*/ SELECT */ DELETE FROM t"), StatementKind::del);
  EXPECT_EQ(statement_kind("\xEF\xBB\xBFSELECT 1"), StatementKind::select);
  EXPECT_EQ(statement_kind(";; SELECT 1"), StatementKind::select);
}

TEST(StatementKindTest, IsUnknownWithoutAStatement) {
  for (const std::string_view sql :
       {"", "  \n", "-- comment", "/* open", "/* a */", ";", " ; ; "}) {
    EXPECT_EQ(statement_kind(sql), StatementKind::unknown) << sql;
  }
}

TEST(StatementKindTest, SkipsCommonTableExpressions) {
  const std::vector<std::pair<std::string, StatementKind>> cases = {
      {"WITH a AS (SELECT 1) SELECT * FROM a", StatementKind::select},
      {"WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a", StatementKind::insert},
      {"with recursive a(n) as (values (1) union select n + 1 from a) delete from t",
       StatementKind::del},
      {"WITH a(x, y) AS (SELECT 1, (SELECT 2)), b AS NOT MATERIALIZED (SELECT 3) UPDATE t SET a = "
       "1",
       StatementKind::update},
      {"WITH \"select\" AS (SELECT ')' || \"(\") REPLACE INTO t VALUES (1)", StatementKind::insert},
      {"WITH a AS (SELECT 1 -- ) INSERT\n) SELECT 1", StatementKind::select},
      {"WITH replace AS (SELECT 1) DELETE FROM t", StatementKind::del},
      {"WITH a AS (SELECT 1", StatementKind::other},
  };
  for (const auto& [sql, kind] : cases) EXPECT_EQ(statement_kind(sql), kind) << sql;
}

TEST(IsIdentifierTest, TakesLettersDigitsAndUnderscores) {
  for (const std::string_view good : {"a", "_", "A1", "snake_case"})
    EXPECT_TRUE(is_identifier(good));
  for (const std::string_view bad : {"", "1a", "a b", "a-b", "a\"", "\xC3\xA4", "a;", "a."}) {
    EXPECT_FALSE(is_identifier(bad)) << bad;
  }
}

TEST(QuoteTest, DoublesItsOwnQuotes) {
  EXPECT_EQ(quote_identifier("a\"b'c"), "\"a\"\"b'c\"");
  EXPECT_EQ(quote_text("a\"b'c"), "'a\"b''c'");
  EXPECT_EQ(quote_text(""), "''");
}

TEST(QuoteTest, WritesValuesAsLiterals) {
  EXPECT_EQ(quote_value({}), "NULL");
  EXPECT_EQ(quote_value(-7), "-7");
  EXPECT_EQ(quote_value(2.5), "2.5");
  EXPECT_EQ(quote_value(3.0), "3.0");
  EXPECT_EQ(quote_value(1e300), "1e+300");
  EXPECT_EQ(quote_value(std::numeric_limits<double>::infinity()), "9e999");
  EXPECT_EQ(quote_value(-std::numeric_limits<double>::infinity()), "-9e999");
  EXPECT_EQ(quote_value(std::numeric_limits<double>::quiet_NaN()), "NULL");
  EXPECT_EQ(quote_value("it's"), "'it''s'");
  EXPECT_EQ(quote_value(ValueView::blob(std::string_view("\0\xff", 2))), "X'00ff'");
  EXPECT_EQ(quote_value(std::string_view("a\0b", 3)), "CAST(X'610062' AS TEXT)");
}

TEST(IsCompleteTest, NeedsASemicolon) {
  EXPECT_FALSE(is_complete(""));
  EXPECT_FALSE(is_complete("SELECT 1"));
  EXPECT_TRUE(is_complete("SELECT 1;"));
  EXPECT_TRUE(is_complete("SELECT 1; -- done"));
  EXPECT_TRUE(is_complete(";"));
  EXPECT_FALSE(is_complete("SELECT 1; SELECT 2"));
}

TEST(IsCompleteTest, SkipsStringsAndComments) {
  EXPECT_FALSE(is_complete("SELECT ';"));
  EXPECT_FALSE(is_complete("SELECT \";"));
  EXPECT_FALSE(is_complete("SELECT [;"));
  EXPECT_FALSE(is_complete("SELECT 1 /* ; */"));
  EXPECT_FALSE(is_complete("SELECT 1; /* open"));
  EXPECT_FALSE(is_complete("SELECT 1 -- ;"));
  EXPECT_TRUE(is_complete("SELECT ';;' ;"));
}

TEST(IsCompleteTest, KnowsTriggerBodies) {
  const std::string trigger = "CREATE TEMP TRIGGER a AFTER INSERT ON t BEGIN DELETE FROM u;";
  EXPECT_FALSE(is_complete(trigger));
  EXPECT_FALSE(is_complete(trigger + " SELECT CASE WHEN 1 THEN 2 END;"));
  EXPECT_FALSE(is_complete(trigger + " END"));
  EXPECT_TRUE(is_complete(trigger + " END;"));
  EXPECT_TRUE(is_complete("CREATE TABLE trigger_log(a);"));
}

// Found by fuzz_sql: a byte order mark is white space, also at the end.
TEST(IsCompleteTest, SkipsByteOrderMarks) {
  EXPECT_TRUE(is_complete("\xEF\xBB\xBFSELECT 1;\xEF\xBB\xBF"));
  EXPECT_FALSE(is_complete("\xEF\xBB\xBFSELECT 1"));
}

// Random texts of the fragments that matter.
rc::Gen<std::string> sql_like_text() {
  const auto fragment = rc::gen::element<std::string>(
      ";", " ", "\n", "SELECT", "EXPLAIN", "QUERY", "CREATE", "TEMP", "TEMPORARY", "TRIGGER", "END",
      "end", "BEGIN", "x", "'", "\"", "[", "]", "`", "--", "/*", "*/", "(", ")", "1", "\xC3\xA4");
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(fragment),
                      [](const std::vector<std::string>& parts) {
                        std::string text;
                        for (const std::string& part : parts) text += part + " ";
                        return text;
                      });
}

RC_GTEST_PROP(IsCompleteTest, AgreesWithSqlite, ()) {
  // On a line of its own: versions of SQLite differ if the text ends within a comment.
  const std::string sql = *sql_like_text() + "\n";
  RC_ASSERT(is_complete(sql) == (sqlite3_complete(sql.c_str()) != 0));
}

TEST(FirstStatementTest, EndsWhereTheStatementDoes) {
  EXPECT_EQ(first_statement("SELECT 1; SELECT 2"), "SELECT 1;");
  EXPECT_EQ(first_statement(" -- a;b\n SELECT ';' /* ; */ ; SELECT 2"),
            " -- a;b\n SELECT ';' /* ; */ ;");
  EXPECT_EQ(first_statement("CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END; SELECT 2;"),
            "CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END;");
  EXPECT_EQ(first_statement("; SELECT 1;"), ";");
  for (const std::string_view all : {"", "SELECT 1", "-- a; b", "SELECT 'a; b", "SELECT 1;"}) {
    EXPECT_EQ(first_statement(all), all);
  }
}

}  // namespace
}  // namespace libsql
