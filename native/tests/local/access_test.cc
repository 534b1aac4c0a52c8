// Access policies.
#include <gmock/gmock.h>

#include "libsql/access_policy.h"
#include "testing/database_test.h"
#include "testing/matchers.h"

namespace libsql {
namespace {

using testing::throws_error;

class AccessTest : public testing::MemoryTest {
 protected:
  AccessTest() {
    db_.execute_script(
        "CREATE TABLE open_table(a); CREATE TABLE secret(a); INSERT INTO secret VALUES (1);"
        "CREATE INDEX secret_index ON secret(a)");
  }
  void deny(Action action, std::string object = "") {
    db_.set_access_policy({{{action, std::move(object)}}});
  }
  void expect_denied(std::string_view sql) {
    EXPECT_THAT([&] { return query(sql); }, throws_error(ErrorKind::denied)) << sql;
  }
  void expect_allowed(std::string_view sql) { EXPECT_NO_THROW(query(sql)) << sql; }
};

TEST_F(AccessTest, DeniesOneTable) {
  deny(Action::read, "SECRET");
  expect_denied("SELECT * FROM secret");
  expect_denied("SELECT 1 FROM open_table WHERE a IN (SELECT a FROM secret)");
  expect_allowed("SELECT * FROM open_table");
  expect_allowed("INSERT INTO secret VALUES (2)");
}

TEST_F(AccessTest, DeniesEachKindOfWrite) {
  deny(Action::insert);
  expect_denied("INSERT INTO open_table VALUES (1)");
  expect_allowed("DELETE FROM open_table");
  deny(Action::update);
  expect_denied("UPDATE open_table SET a = 1");
  expect_allowed("INSERT INTO open_table VALUES (1)");
  deny(Action::del, "secret");
  expect_denied("DELETE FROM secret");
  expect_allowed("DELETE FROM open_table");
}

TEST_F(AccessTest, DeniesSchemaChanges) {
  deny(Action::ddl);
  for (const std::string_view sql :
       {"CREATE TABLE t(a)", "DROP TABLE secret", "ALTER TABLE secret RENAME TO x",
        "CREATE INDEX i ON secret(a)", "CREATE VIEW v AS SELECT 1", "REINDEX", "ANALYZE",
        "CREATE TEMP TABLE t(a)", "CREATE TRIGGER tr AFTER INSERT ON secret BEGIN SELECT 1; END"}) {
    expect_denied(sql);
  }
  expect_allowed("INSERT INTO open_table VALUES (1)");
}

TEST_F(AccessTest, DeniesPragmasFunctionsAndTheRest) {
  deny(Action::pragma, "user_version");
  expect_denied("PRAGMA user_version");
  expect_allowed("PRAGMA page_size");
  deny(Action::function, "randomblob");
  expect_denied("SELECT randomblob(4)");
  expect_allowed("SELECT length('x')");
  deny(Action::attach);
  expect_denied("ATTACH ':memory:' AS other");
  deny(Action::transaction);
  expect_denied("BEGIN");
  expect_denied("SAVEPOINT a");
  deny(Action::recursive);
  expect_denied("WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i FROM n) SELECT * FROM n");
  expect_allowed("WITH n(i) AS (SELECT 1) SELECT * FROM n");
  db_.enable_extensions(true);
  deny(Action::load_extension);
  expect_denied("SELECT load_extension('nothing')");
}

TEST_F(AccessTest, AppliesToCachedStatementsAndCanBeLifted) {
  constexpr std::string_view kSql = "SELECT a FROM secret";
  EXPECT_EQ(db_.execute(kSql), 0);
  Statement kept = db_.prepare(kSql);
  deny(Action::read, "secret");
  EXPECT_THAT([&] { db_.execute(kSql); }, throws_error(ErrorKind::denied));
  EXPECT_THAT([&] { kept.execute(); }, throws_error(ErrorKind::denied));
  db_.set_access_policy({});
  EXPECT_EQ(db_.execute(kSql), 0);
  EXPECT_EQ(kept.execute(), 0);
}

// A bug once: an error text of the user's that began as SQLite's does was taken for a denial.
TEST_F(AccessTest, LeavesErrorsOfTriggersAlone) {
  db_.execute_script(
      "CREATE TRIGGER guard BEFORE INSERT ON open_table"
      " BEGIN SELECT RAISE(ABORT, 'not authorized to sell'); END");
  EXPECT_THAT([&] { db_.execute("INSERT INTO open_table VALUES (1)"); },
              throws_error(ErrorKind::constraint, "not authorized to sell"));
}

}  // namespace
}  // namespace libsql
