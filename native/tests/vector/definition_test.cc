// CREATE INDEX over vectors, its end, and what it refuses while it is there.
#include "vector/definition.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "testing/database_test.h"
#include "testing/matchers.h"

namespace libsql {
namespace {

using testing::throws_error;

class VectorDefinitionTest : public testing::MemoryTest {
 protected:
  void fails(const std::string& sql, const std::string& text, ErrorKind kind = ErrorKind::error) {
    EXPECT_THAT([&] { db_.execute(sql); }, throws_error(kind, text)) << sql;
  }
  // All objects of the schema, temporary ones too.
  std::string objects() {
    return query(
        "SELECT name FROM (SELECT name FROM sqlite_schema UNION ALL SELECT name FROM "
        "sqlite_temp_schema) ORDER BY 1");
  }
  std::string found(const std::string& index = "i") {
    return query("SELECT id FROM vector_top_k('" + index + "', '[1,0]', 99)");
  }
};

constexpr const char* kTable = "CREATE TABLE t(id INTEGER PRIMARY KEY, c, v F32_BLOB(2))";
constexpr const char* kIndex = "CREATE INDEX i ON t(libsql_vector_idx(v))";

TEST_F(VectorDefinitionTest, ARefusedIndexLeavesNothingBehindAndItsNameFree) {
  db_.execute(kTable);
  db_.execute("INSERT INTO t VALUES (1,0,'[1,0]'),(2,0,'[1,0,0]')");
  const std::string before = objects();
  fails(kIndex, "vector index(insert): dimensions are different: 3 != 2");
  fails("CREATE INDEX i ON t(libsql_vector_idx(c))", "unexpected vector column type");
  fails("CREATE INDEX i ON t(libsql_vector_idx(v, 'metric=dot'))", "invalid parameter");
  fails("CREATE INDEX i ON no(libsql_vector_idx(v))", "no such table");
  EXPECT_EQ(objects(), before);
  EXPECT_FALSE(db_.in_transaction());
  db_.execute("DELETE FROM t WHERE id = 2");
  db_.execute(kIndex);
  EXPECT_EQ(found(), "1");
}

TEST_F(VectorDefinitionTest, ARefusedIndexLeavesTheOpenTransactionAsItWas) {
  db_.execute("BEGIN");
  db_.execute(kTable);
  db_.execute("INSERT INTO t VALUES (1,0,'[1,0]')");
  fails("CREATE INDEX i ON t(libsql_vector_idx(c))", "unexpected vector column type");
  EXPECT_TRUE(db_.in_transaction());
  db_.execute(kIndex);
  db_.execute("COMMIT");
  EXPECT_EQ(found(), "1");
}

TEST_F(VectorDefinitionTest, IfNotExistsKeepsTheIndexThatIsThere) {
  db_.execute(kTable);
  db_.execute(kIndex);
  const std::string before = objects();
  db_.execute("CREATE INDEX IF NOT EXISTS i ON t(libsql_vector_idx(v, 'metric=l2'))");
  fails("CREATE INDEX I ON t(libsql_vector_idx(v))", "already exists");
  EXPECT_EQ(objects(), before);
}

TEST_F(VectorDefinitionTest, ARowThatIsNoVectorOfTheColumnsTypeFailsItsWholeStatement) {
  db_.execute(kTable);
  db_.execute(kIndex);
  db_.execute("INSERT INTO t VALUES (1,0,'[1,0]'),(2,0,NULL)");
  for (const std::string begin : {"", "BEGIN", "SAVEPOINT s"}) {
    SCOPED_TRACE(begin);
    if (!begin.empty()) db_.execute(begin);
    for (const std::string mode : {"", "OR IGNORE ", "OR FAIL ", "OR REPLACE "}) {
      fails("INSERT " + mode + "INTO t VALUES (3,0,'[1,0]'),(4,0,'[1,0,0]')",
            "vector index(insert): dimensions are different: 3 != 2");
    }
    fails("INSERT INTO t SELECT id + 9, 0, vector64('[1,0]') FROM t",
          "vector index(insert): vector type differs from column type: 2 != 1");
    fails("UPDATE OR IGNORE t SET v = 7", "vector: unexpected value type: got INTEGER");
    fails("INSERT INTO t VALUES (1,0,'[1,2]') ON CONFLICT(id) DO UPDATE SET v = '[1'",
          "vector: must end with ']'");
    EXPECT_EQ(query("SELECT id, v FROM t"), "1|'[1,0]'\n2|NULL");
  }
  db_.execute("ROLLBACK");
}

TEST_F(VectorDefinitionTest, OutsideOfAPartialIndexAnyValueIsTaken) {
  db_.execute(kTable);
  db_.execute("CREATE INDEX i ON t(libsql_vector_idx(v)) WHERE c < 3 -- few");
  db_.execute("INSERT INTO t VALUES (1,5,'no vector'),(2,1,'[1,0]')");
  fails("UPDATE t SET c = 1 WHERE id = 1", "vector: must start with '['");
  db_.execute("UPDATE t SET c = 4 WHERE id = 2");
  EXPECT_EQ(found(), "");
  db_.execute("UPDATE t SET v = NULL WHERE id = 1");
  db_.execute("UPDATE t SET c = 1");
  EXPECT_EQ(found(), "2");
}

TEST_F(VectorDefinitionTest, RowsOfEveryElementTypeAndKeyAreChecked) {
  db_.execute("CREATE TABLE w(\"k\"\"y\" TEXT PRIMARY KEY, v F8_BLOB(2)) WITHOUT ROWID");
  db_.execute("CREATE INDEX \"1 x\" ON w(libsql_vector_idx(v))");
  db_.execute("INSERT INTO w VALUES ('a', vector8('[1,0]'))");
  fails("INSERT INTO w VALUES ('b', '[1,0]')", "vector type differs from column type: 1 != 4");
  db_.execute("UPDATE w SET \"k\"\"y\" = 'c'");
  EXPECT_EQ(query("SELECT id FROM vector_top_k('1 x', vector8('[1,0]'), 9)"), "'c'");
  db_.execute("CREATE TABLE h(rowid, v F32_BLOB(2))");
  db_.execute("CREATE INDEX h_i ON h(libsql_vector_idx(v))");
  db_.execute("INSERT INTO h(_rowid_, rowid, v) VALUES (7, 'x', '[1,0]')");
  fails("UPDATE h SET v = '[1]'", "dimensions are different: 1 != 2");
  EXPECT_EQ(found("h_i"), "7");
}

TEST_F(VectorDefinitionTest, DroppingTheIndexOrItsTableRemovesAllThatBelongedToIt) {
  const std::string empty = objects();
  db_.execute(kTable);
  const std::string before = objects();
  db_.execute(kIndex);
  db_.execute("DROP INDEX i");
  EXPECT_EQ(objects(), before);
  db_.execute("INSERT INTO t VALUES (1,0,7)");
  db_.execute("DELETE FROM t");
  db_.execute(kIndex);
  db_.execute("BEGIN");
  db_.execute("DROP TABLE t");
  EXPECT_EQ(objects(), empty);
  db_.execute("ROLLBACK");
  fails("INSERT INTO t VALUES (1,0,7)", "got INTEGER");
  db_.execute("DROP TABLE IF EXISTS main.t");
  EXPECT_EQ(objects(), empty);
}

TEST_F(VectorDefinitionTest, PreparingOrExplainingDoesNothing) {
  db_.execute(kTable);
  const std::string before = objects();
  static_cast<void>(db_.prepare(kIndex));
  query(std::string("EXPLAIN ") + kIndex);
  EXPECT_EQ(objects(), before);
  db_.execute(kIndex);
  const std::string with = objects();
  static_cast<void>(db_.prepare("DROP INDEX i"));
  query("EXPLAIN DROP INDEX i");
  EXPECT_EQ(objects(), with);
}

TEST_F(VectorDefinitionTest, ARenamedTableOrColumnIsCheckedAsBefore) {
  db_.execute(kTable);
  db_.execute(kIndex);
  db_.execute("INSERT INTO t VALUES (1,0,'[1,0]')");
  db_.execute("ALTER TABLE t RENAME TO \"a t\"");
  db_.execute("ALTER TABLE \"a t\" RENAME COLUMN v TO \"a v\"");
  db_.execute("ALTER TABLE \"a t\" ADD COLUMN d");
  fails("INSERT INTO \"a t\" VALUES (2,0,'[1]',0)", "dimensions are different: 1 != 2");
  db_.execute("INSERT INTO \"a t\" VALUES (2,0,'[1,0]',0)");
  db_.execute("REINDEX i");
  db_.execute("VACUUM");
  EXPECT_EQ(found(), "1\n2");
  EXPECT_EQ(query("PRAGMA integrity_check"), "'ok'");
}

TEST_F(VectorDefinitionTest, TemporaryAndAttachedTablesHaveIndexesToo) {
  db_.execute("CREATE TEMP TABLE t(v F32_BLOB(2))");
  db_.execute(kIndex);
  fails("INSERT INTO t VALUES ('[1]')", "dimensions are different");
  db_.execute("ATTACH ':memory:' AS a");
  db_.execute("CREATE TABLE a.u(v F32_BLOB(2))");
  db_.execute("CREATE INDEX a.i ON u(libsql_vector_idx(v))");
  fails("INSERT INTO u VALUES ('[1]')", "dimensions are different");
  db_.execute("DROP INDEX temp.i");
  db_.execute("INSERT INTO t VALUES ('[1]')");
  EXPECT_EQ(query("SELECT count(*) FROM a.sqlite_schema"), "10");
}

TEST_F(VectorDefinitionTest, TriggersOfTheUsersOwnAndLastInsertRowidAreNotDisturbed) {
  db_.execute(kTable);
  db_.execute("CREATE TABLE log(id INTEGER PRIMARY KEY, what)");
  db_.execute(
      "CREATE TRIGGER l AFTER INSERT ON t BEGIN INSERT INTO log(what) VALUES (new.id); "
      "UPDATE t SET v = '[0,1]' WHERE id = new.id; END");
  db_.execute(kIndex);
  db_.execute("INSERT INTO t VALUES (41,0,'[1,0]'),(42,0,'[1,0]')");
  EXPECT_EQ(query("SELECT last_insert_rowid(), changes()"), "42|2");
  EXPECT_EQ(query("SELECT count(*) FROM log"), "2");
}

TEST_F(VectorDefinitionTest, ItsVirtualTableCanOnlyBeMadeByTheIndex) {
  fails("CREATE VIRTUAL TABLE x USING libsql_vector_index", "are made by CREATE INDEX only");
  db_.execute(kTable);
  db_.execute(kIndex);
  EXPECT_EQ(query("SELECT count(*) FROM libsql_vx_i"), "0");
  fails("ALTER TABLE libsql_vx_i RENAME TO y", "has the index's name");
}

class VectorDefinitionFileTest : public testing::FileTest {};

// SQLite as it is: nothing is registered on the connection.
class PlainSqlite {
 public:
  explicit PlainSqlite(const std::string& path) { sqlite3_open(path.c_str(), &db_); }
  PlainSqlite(const PlainSqlite&) = delete;
  PlainSqlite& operator=(const PlainSqlite&) = delete;
  ~PlainSqlite() { sqlite3_close(db_); }
  // The message of the error; "not an error" if there is none.
  std::string run(const std::string& sql) {
    sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
    return sqlite3_errmsg(db_);
  }

 private:
  sqlite3* db_ = nullptr;
};

TEST_F(VectorDefinitionFileTest, SqliteWithoutTheLibraryReadsTheFileAndMayNotWriteTheColumn) {
  {
    Connection db = connect();
    db.execute(kTable);
    db.execute(kIndex);
    db.execute("INSERT INTO t VALUES (1,0,'[1,0]'),(2,0,'[0,1]')");
  }
  PlainSqlite plain(path());
  EXPECT_EQ(plain.run("SELECT * FROM t; SELECT count(*) FROM t; PRAGMA quick_check"),
            "not an error");
  for (const char* sql : {"INSERT INTO t VALUES (3,0,'[1,0]')", "UPDATE t SET v = '[1]'",
                          "UPDATE t SET v = NULL", "DELETE FROM t", "DELETE FROM t WHERE id = 1"}) {
    EXPECT_NE(plain.run(sql), "not an error") << sql;
  }
  Connection db = connect();
  EXPECT_EQ(testing::query(db, "SELECT id FROM vector_top_k('i', '[1,0]', 9)"), "1\n2");
}

TEST_F(VectorDefinitionFileTest, AnIndexThatSqliteHasDroppedIsCleanedUpAfter) {
  {
    Connection db = connect();
    db.execute(kTable);
    db.execute(kIndex);
  }
  EXPECT_EQ(PlainSqlite(path()).run("DROP INDEX i"), "not an error");
  Connection db = connect();
  db.execute("INSERT INTO t VALUES (1,0,'[1,0]')");
  db.execute(kIndex);
  EXPECT_THAT([&] { db.execute("INSERT INTO t VALUES (2,0,'[1]')"); },
              throws_error(ErrorKind::error, "dimensions are different"));
  EXPECT_EQ(testing::query(db, "SELECT id FROM vector_top_k('i', '[1,0]', 9)"), "1");
}

TEST_F(VectorDefinitionFileTest, MakingAnIndexCanBeInterruptedAndLeavesNothingBehind) {
  Connection db = connect();
  db.execute(kTable);
  db.execute(
      "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 50000) "
      "INSERT INTO t SELECT x, 0, '[1,' || x || ']' FROM n");
  const std::string before = testing::query(db, "SELECT name FROM sqlite_schema");
  int calls = 0;
  db.set_cancel_check([&calls] { return ++calls > 300; });
  EXPECT_THAT([&] { db.execute(kIndex); }, throws_error(ErrorKind::interrupted, "interrupted"));
  db.set_cancel_check({});
  EXPECT_EQ(testing::query(db, "SELECT name FROM sqlite_schema"), before);
  EXPECT_FALSE(db.in_transaction());
  db.execute(kIndex);
}

}  // namespace
}  // namespace libsql
