// vector_top_k beyond the recorded cases: libSQL's defects, and brute force.
#include "vector/top_k.h"

#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "testing/database_test.h"
#include "testing/matchers.h"

namespace libsql {
namespace {

using testing::throws_error;

class VectorTopKTest : public testing::MemoryTest {
 protected:
  void create(const std::string& type = "F32_BLOB(2)", const std::string& settings = "") {
    db_.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, c, v " + type + ")");
    db_.execute("CREATE INDEX i ON t(libsql_vector_idx(v" + settings + "))");
  }
  void fails(const std::string& sql, const std::string& text) {
    EXPECT_THAT([&] { return query(sql); }, throws_error(ErrorKind::error, text)) << sql;
  }
};

TEST_F(VectorTopKTest, ReturnsAsManyRowsAsAreWantedAndThere) {
  create();
  db_.execute(
      "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1500) "
      "INSERT INTO t SELECT x, 0, '[1,' || x || ']' FROM n");
  EXPECT_EQ(query("SELECT count(*) FROM vector_top_k('i', '[1,1]', 1000)"), "1000");
  EXPECT_EQ(query("SELECT count(*) FROM vector_top_k('i', '[1,1]', 9223372036854775807)"), "1500");
  EXPECT_EQ(query("SELECT count(*) FROM vector_top_k('i', '[1,1]', 0)"), "0");
}

TEST_F(VectorTopKTest, EqualDistancesComeByRowidAndRowsWithoutADistanceLast) {
  create();
  db_.execute(
      "INSERT INTO t VALUES (9,0,'[1,2]'),(1,0,'[0,0]'),(4,0,'[1,2]'),(5,0,'[5,1]'),(7,0,'[2,4]')");
  EXPECT_EQ(query("SELECT id FROM vector_top_k('i', '[1,2]', 9)"), "4\n7\n9\n5\n1");
}

TEST_F(VectorTopKTest, ADeletedRowOrAnEmptiedTableLeavesNothingBehind) {
  create();
  db_.execute("INSERT INTO t VALUES (1,0,'[1,2]'),(2,0,'[1,2]'),(3,0,'[5,1]'),(4,0,'[-1,3]')");
  db_.execute("DELETE FROM t WHERE id = 1");
  EXPECT_EQ(query("SELECT id FROM vector_top_k('i', '[1,2]', 9)"), "2\n4\n3");
  db_.execute("UPDATE t SET id = 50 WHERE id = 2");
  db_.execute("REPLACE INTO t VALUES (3,0,'[1,2]')");
  EXPECT_EQ(query("SELECT id FROM vector_top_k('i', '[1,2]', 9)"), "3\n50\n4");
  db_.execute("DELETE FROM t");
  EXPECT_EQ(query("SELECT id FROM vector_top_k('i', '[1,2]', 9)"), "");
}

TEST_F(VectorTopKTest, AnIndexHoldsNoCopyOfTheVectorsAndAUniqueOneTakesEqualOnes) {
  db_.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, v F32_BLOB(2))");
  db_.execute("CREATE UNIQUE INDEX i ON t(libsql_vector_idx(v))");
  db_.execute(
      "INSERT INTO t VALUES (1,'[1,0]'),(2,'[1,0]'),(3,vector('[1,0]')),(4,vector('[1,0]'))");
  EXPECT_EQ(query("SELECT id FROM vector_top_k('i', '[1,0]', 9)"), "1\n2\n3\n4");
  EXPECT_EQ(query("SELECT libsql_vector_idx(v) IS NULL FROM t WHERE id = 4"), "1");
  db_.execute("DELETE FROM t WHERE id = 2");
  EXPECT_EQ(query("PRAGMA integrity_check"), "'ok'");
}

TEST_F(VectorTopKTest, AnswersForEachRowOfAJoinAndReturnsItsArguments) {
  create();
  db_.execute("INSERT INTO t VALUES (1,0,'[1,0]'),(2,0,'[0,1]')");
  EXPECT_EQ(query("SELECT t.id, n.id, n.k FROM t, vector_top_k('i', t.v, 1) AS n"), "1|1|1\n2|2|1");
  EXPECT_EQ(query("SELECT idx, vector, k FROM vector_top_k('i', '[1,0]', 1)"), "'i'|'[1,0]'|1");
}

TEST_F(VectorTopKTest, FindsIndexesWithAnyNameInAnySchemaAndAfterARename) {
  db_.execute("ATTACH ':memory:' AS \"b c\"");
  db_.execute(
      "CREATE TABLE \"b c\".\"a t\"(\"k\"\"y\" TEXT PRIMARY KEY, \"a v\" F32_BLOB(2)) WITHOUT "
      "ROWID");
  db_.execute("CREATE INDEX \"b c\".\"1.x\" ON \"a t\"(libsql_vector_idx(\"a v\", 'metric=l2'))");
  db_.execute("INSERT INTO \"a t\" VALUES ('a','[3,0]'),('b','[1,0]')");
  EXPECT_EQ(query("SELECT id, rowid FROM vector_top_k('b c.1.x', '[0,0]', 2)"), "'b'|0\n'a'|1");
  db_.execute("CREATE TEMP TABLE s(v F32_BLOB(2))");
  db_.execute("CREATE INDEX temp.j ON s(libsql_vector_idx(v))");
  db_.execute("INSERT INTO s(rowid, v) VALUES (7, '[1,0]')");
  db_.execute("ALTER TABLE s RENAME TO r");
  db_.execute("ALTER TABLE r RENAME COLUMN v TO w");
  EXPECT_EQ(query("SELECT id FROM vector_top_k('temp.j', '[1,0]', 1)"), "7");
  fails("SELECT id FROM vector_top_k('j', '[1,0]', 1)", "failed to parse vector index parameters");
  fails("SELECT id FROM vector_top_k('temp.J', '[1,0]', 1)",
        "failed to parse vector index parameters");
}

TEST_F(VectorTopKTest, RefusesARowThatIsNoVectorOfTheColumnsTypeInsteadOfLeavingItOut) {
  create();
  db_.execute("DROP TRIGGER libsql_vx_i_inserted");
  db_.execute("DROP TRIGGER libsql_vx_i_updated");
  db_.execute("INSERT INTO t VALUES (1,0,'[1,0]'),(2,0,'[1,0,0]')");
  fails("SELECT id FROM vector_top_k('i', '[1,0]', 1)", "dimensions are different: 3 != 2");
  db_.execute("UPDATE t SET v = 7 WHERE id = 2");
  fails("SELECT id FROM vector_top_k('i', '[1,0]', 1)", "unexpected value type: got INTEGER");
}

TEST_F(VectorTopKTest, ChecksItsArgumentsInLibSqlsOrder) {
  create();
  fails("SELECT id FROM vector_top_k(1, NULL, 'x')", "unexpected value type: got NULL");
  fails("SELECT id FROM vector_top_k(1, '[1,0]', 'x')", "unexpected type of value were provided");
  fails("SELECT id FROM vector_top_k(1, '[1,0]', -0.5)", "float value were provided");
  fails("SELECT id FROM vector_top_k('no.i', '[1]', 1)", "unknown schema 'no'");
  fails("SELECT id FROM vector_top_k('i')", "got 1 parameters, expected 3");
  fails("SELECT id FROM vector_top_k('i', '[1]', 1, 2)",
        "too many arguments on vector_top_k() - max 3");
}

// A partial index, against ORDER BY.
class VectorTopKPropertyTest : public testing::MemoryTest {
 protected:
  // `make` is the function whose vectors a column of `type` holds.
  void agrees_after_random_writes(const std::string& type, const std::string& make,
                                  const std::string& metric) {
    SCOPED_TRACE(make + " " + metric);
    db_.execute("DROP TABLE IF EXISTS t");
    db_.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, c, v " + type + "(3))");
    db_.execute("CREATE INDEX i ON t(libsql_vector_idx(v, 'metric=" + metric + "')) WHERE c < 3");
    const std::string found = "SELECT id FROM vector_top_k('i', " + make + "(?1), 7)";
    const std::string sorted = "SELECT id FROM t WHERE c < 3 ORDER BY vector_distance_" + metric +
                               "(v, " + make + "(?1)), id LIMIT 7";
    for (int step = 0; step < 60; ++step) {
      db_.execute("BEGIN");
      write(make);
      const std::vector<Value> wanted = {Value(vector())};
      EXPECT_EQ(query(found, wanted), query(sorted, wanted));
      db_.execute(random_() % 4 == 0 ? "ROLLBACK" : "COMMIT");
      EXPECT_EQ(query(found, wanted), query(sorted, wanted));
    }
  }

 private:
  std::string number(unsigned below) { return std::to_string(random_() % below); }
  std::string vector() { return "[" + number(9) + ".5," + number(9) + "," + number(9) + "]"; }
  void write(const std::string& make) {
    db_.execute("REPLACE INTO t VALUES (" + number(40) + "," + number(5) + "," + make + "('" +
                vector() + "'))");
    db_.execute("DELETE FROM t WHERE id = " + number(80));
    db_.execute("UPDATE t SET v = " + make + "('" + vector() + "') WHERE id = " + number(40));
  }

  std::mt19937 random_{14};
};

TEST_F(VectorTopKPropertyTest, AgreesWithSortingTheTableAfterEachRandomWrite) {
  const std::pair<std::string, std::string> types[] = {{"F32_BLOB", "vector32"},
                                                       {"F64_BLOB", "vector64"},
                                                       {"F16_BLOB", "vector16"},
                                                       {"FB16_BLOB", "vectorb16"},
                                                       {"F8_BLOB", "vector8"}};
  for (const auto& [type, make] : types) {
    agrees_after_random_writes(type, make, "cos");
    agrees_after_random_writes(type, make, "l2");
  }
  agrees_after_random_writes("F1BIT_BLOB", "vector1bit", "cos");
}

}  // namespace
}  // namespace libsql
