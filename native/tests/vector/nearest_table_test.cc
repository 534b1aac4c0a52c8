// The nearest of the rows that a condition admits, against sorting the table.
#include "vector/nearest_table.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/database_test.h"
#include "testing/matchers.h"
#include "testing/vector_table.h"

namespace libsql {
namespace {

using ::testing::HasSubstr;
using testing::throws_error;

class VectorNearestTest : public testing::MemoryTest {
 protected:
  // Twice what SQLite's plan takes for few.
  static constexpr int kRows = 4'000;

  // c is from 0 to 999, and d = c has an index.
  void create() {
    db_.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, c, d, v F32_BLOB(24))");
    db_.execute("CREATE INDEX i ON t(libsql_vector_idx(v))");
    db_.execute("CREATE INDEX td ON t(d)");
    db_.execute("BEGIN");
    for (int i = 0; i < kRows; ++i) {
      db_.execute("INSERT INTO t(c, d, v) VALUES (?1, ?1, vector(?2))",
                  std::int64_t{data_.below(1000)}, data_.text());
    }
    db_.execute("COMMIT");
    db_.execute("ANALYZE");
  }
  static std::string search(const std::string& condition, const std::string& limit) {
    return "SELECT t.id FROM vector_nearest('i', ?1) AS n JOIN t ON t.id = n.id WHERE " +
           condition + " ORDER BY n.distance LIMIT " + limit;
  }
  std::string plan(const std::string& sql) {
    std::string plan;
    Statement statement = db_.prepare("EXPLAIN QUERY PLAN " + sql);
    while (statement.step() == Step::row) {
      plan += std::string(statement.column(3).bytes()) + "\n";
    }
    return plan;
  }
  std::vector<std::string> rows(const std::string& sql, const std::string& vector) {
    std::vector<std::string> ids;
    Statement statement = db_.prepare(sql);
    statement.bind(1, vector);
    while (statement.step() == Step::row) {
      ids.push_back(std::to_string(statement.column(0).integer()));
    }
    return ids;
  }
  // As many rows as there are, and nearly always the same ones.
  void expect_nearest(const std::string& condition, int limit, int queries) {
    SCOPED_TRACE(condition);
    testing::Recall recall;
    for (int query = 0; query < queries; ++query) {
      const std::string vector = data_.text();
      const auto found = rows(search(condition, std::to_string(limit)), vector);
      const auto exact =
          rows("SELECT id FROM t WHERE v IS NOT NULL AND (" + condition +
                   ") ORDER BY vector_distance_cos(v, ?1), id LIMIT " + std::to_string(limit),
               vector);
      ASSERT_EQ(found.size(), exact.size());
      for (const std::string& id : exact) {
        ++recall.wanted;
        recall.found += std::ranges::count(found, id) > 0 ? 1 : 0;
      }
    }
    recall.expect_enough();
  }

  testing::VectorData data_{14};
};

TEST_F(VectorNearestTest, FindsAsManyRowsAsTheConditionAdmitsHoweverFewTheseAre) {
  create();
  for (const char* condition : {"c >= 0", "c < 500", "c < 50", "c < 5", "c = 3", "c < 0"}) {
    expect_nearest(condition, 10, 6);
  }
  expect_nearest("d < 500", 10, 6);
  expect_nearest("d = 3", 10, 6);
  expect_nearest("c < 20", 300, 2);
  expect_nearest("c >= 0", kRows + 1, 1);
}

TEST_F(VectorNearestTest, MeasuresTheRowsThatANarrowConditionFindsByAnIndexAndSearchesForAWideOne) {
  create();
  EXPECT_THAT(plan(search("d = 3", "10")), HasSubstr("SEARCH t USING"));
  EXPECT_THAT(plan(search("d = 3", "10")), HasSubstr("USE TEMP B-TREE FOR ORDER BY"));
  const std::string wide = plan(search("d < 900", "10"));
  EXPECT_THAT(wide, ::testing::StartsWith("SCAN n VIRTUAL TABLE"));
  EXPECT_THAT(wide, ::testing::Not(HasSubstr("TEMP B-TREE")));
}

TEST_F(VectorNearestTest, MeasuresTheRowsOfARangeThatLikelihoodCallsNarrow) {
  create();
  const std::string range = "d BETWEEN 2 AND 5 AND d < 900";
  const std::string likelihood = "likelihood(d < 4, 0.001)";
  EXPECT_THAT(plan(search("d < 4", "10")), ::testing::StartsWith("SCAN n VIRTUAL TABLE"));
  EXPECT_THAT(plan(search(likelihood, "10")), HasSubstr("SEARCH t USING COVERING INDEX td (d<?)"));
  EXPECT_THAT(plan(search(range, "10")), HasSubstr("SEARCH t USING"));
  expect_nearest(likelihood, 10, 6);
  expect_nearest(range, 10, 6);
}

TEST_F(VectorNearestTest, RowsWithoutADistanceComeLastAndEqualOnesByKey) {
  db_.execute("CREATE TABLE t(k TEXT PRIMARY KEY, v F32_BLOB(2)) WITHOUT ROWID");
  db_.execute("CREATE INDEX i ON t(libsql_vector_idx(v))");
  db_.execute(
      "INSERT INTO t VALUES ('c','[1,2]'),('a','[0,0]'),('b','[2,4]'),('d','[5,1]'),('e',NULL)");
  EXPECT_EQ(query("SELECT id FROM vector_nearest('i', '[1,2]')"), "'b'\n'c'\n'd'\n'a'");
  EXPECT_EQ(query("SELECT id FROM vector_nearest('i', '[1,2]') ORDER BY distance DESC, id LIMIT 1"),
            "'a'");
  EXPECT_EQ(query("SELECT idx, vector, distance FROM vector_nearest('i', '[1,2]') WHERE id = 'b'"),
            "'i'|'[1,2]'|0.0");
  EXPECT_EQ(query("SELECT count(*) FROM vector_nearest('i', '[1,2]') WHERE id IN ('b','e','x')"),
            "1");
}

TEST_F(VectorNearestTest, GivesEachRowOnceWhateverTheTableHas) {
  create();
  db_.execute("DELETE FROM t WHERE id % 3 = 0");
  EXPECT_EQ(query("SELECT count(*) = (SELECT count(*) FROM t), count(DISTINCT id) = count(*) FROM "
                  "vector_nearest('i', (SELECT v FROM t LIMIT 1))"),
            "1|1");
}

TEST_F(VectorNearestTest, StopsAtTheLimitBeforeItHasReadAllRows) {
  create();
  const std::string vector = data_.text();
  const auto far =
      rows("SELECT id FROM t ORDER BY vector_distance_cos(v, ?1) DESC LIMIT 1", vector);
  // No vector: whoever reads it fails.
  db_.execute("DROP TRIGGER libsql_vx_i_updated");
  db_.execute("UPDATE t SET v = x'00' WHERE id = " + far.at(0));
  EXPECT_EQ(rows(search("c >= 0", "10"), vector).size(), 10U);
  EXPECT_EQ(rows(search("c < 300", "10"), vector).size(), 10U);
  EXPECT_THAT([&] { rows(search("c >= 0", std::to_string(kRows)), vector); },
              throws_error(ErrorKind::error, "unexpected binary type: 0"));
}

// The rows a, b, c with texts as keys, and their distances to [1,0] by l2: 0, 1, 5.
class VectorFunctionsInQueriesTest : public testing::MemoryTest {
 protected:
  void SetUp() override {
    db_.execute("CREATE TABLE t(k TEXT PRIMARY KEY, v F32_BLOB(2)) WITHOUT ROWID");
    db_.execute("CREATE INDEX i ON t(libsql_vector_idx(v, 'metric=l2'))");
    db_.execute("INSERT INTO t VALUES ('a','[1,0]'),('b','[2,0]'),('c','[6,0]')");
    db_.execute("CREATE TABLE wanted(k)");
    db_.execute("INSERT INTO wanted VALUES ('c'),('x'),('a')");
  }
  // The rows that both functions give with the condition or the joins after FROM.
  void expect_rows(const std::string& rest, const std::string& rows) {
    SCOPED_TRACE(rest);
    EXPECT_EQ(query("SELECT n.id FROM vector_nearest('i', '[1,0]') AS n " + rest), rows);
    if (rest.find("distance") != std::string::npos) return;
    EXPECT_EQ(query("SELECT n.id FROM vector_top_k('i', '[1,0]', 9) AS n " + rest), rows);
  }
};

TEST_F(VectorFunctionsInQueriesTest, GiveTheRowsThatEitherSideOfAnOrAdmits) {
  expect_rows("WHERE (id = 'a' AND distance < 2) OR (id = 'b' AND distance < 3)", "'a'\n'b'");
  expect_rows("WHERE (id = 'a' AND distance > 2) OR (id = 'c' AND distance > 3)", "'c'");
  expect_rows("WHERE id = 'a' OR id = 'b'", "'a'\n'b'");
  expect_rows("WHERE (id = 'a' AND id < 'b') OR (id = 'c' AND id > 'b')", "'a'\n'c'");
  expect_rows(
      "JOIN wanted AS w ON (w.k = n.id AND n.id < 'b') OR (w.k = n.id AND n.id = 'c') "
      "ORDER BY n.id",
      "'a'\n'c'");
}

TEST_F(VectorFunctionsInQueriesTest, GiveEachRowOfAnOrWhoseSidesHaveArgumentsOfTheirOwn) {
  const std::string sides = "(idx = 'i' AND vector = '[1,0]' AND id = 'a') OR (idx = 'i' AND ";
  const auto found = [&](const std::string& side) {
    return query("SELECT id, distance FROM vector_nearest WHERE " + sides + side +
                 ") ORDER BY distance");
  };
  EXPECT_EQ(found("vector = '[1,0]' AND id = 'b'"), "'a'|0.0\n'b'|1.0");
  EXPECT_EQ(found("vector = '[4,0]' AND id = 'a'"), "'a'|0.0\n'a'|3.0");
  EXPECT_EQ(found("vector = '[1,0]' AND id < 'b'"), "'a'|0.0");
}

TEST_F(VectorFunctionsInQueriesTest, GiveTheSameRowsInJoinsSubQueriesUnionsAndLists) {
  expect_rows("JOIN wanted AS w ON w.k = n.id ORDER BY n.id", "'a'\n'c'");
  expect_rows("LEFT JOIN wanted AS w ON w.k = n.id WHERE w.k IS NULL", "'b'");
  expect_rows("RIGHT JOIN wanted AS w ON w.k = n.id ORDER BY w.k", "'a'\n'c'\nNULL");
  expect_rows("WHERE n.id IN ('c', 'x', 'a') ORDER BY n.id", "'a'\n'c'");
  expect_rows("WHERE n.id IN (SELECT k FROM wanted) ORDER BY n.id", "'a'\n'c'");
  expect_rows("WHERE n.id NOT IN (SELECT k FROM wanted)", "'b'");
  expect_rows("WHERE EXISTS (SELECT 1 FROM wanted AS w WHERE w.k = n.id) ORDER BY n.id",
              "'a'\n'c'");
  expect_rows("UNION SELECT k FROM wanted ORDER BY 1", "'a'\n'b'\n'c'\n'x'");
  expect_rows("EXCEPT SELECT k FROM wanted", "'b'");
  EXPECT_EQ(
      query("SELECT w.k, n.distance FROM wanted AS w LEFT JOIN vector_nearest('i', '[1,0]') AS "
            "n ON n.id = w.k ORDER BY w.k"),
      "'a'|0.0\n'c'|5.0\n'x'|NULL");
  EXPECT_EQ(query("SELECT k, (SELECT id FROM vector_nearest('i', t.v) WHERE id <> t.k ORDER BY "
                  "distance LIMIT 1) FROM t ORDER BY k"),
            "'a'|'b'\n'b'|'a'\n'c'|'b'");
  EXPECT_EQ(query("SELECT vector, id FROM vector_nearest WHERE idx = 'i' AND vector IN ('[1,0]', "
                  "'[6,0]') AND distance < 0.5 ORDER BY distance, id"),
            "'[1,0]'|'a'\n'[6,0]'|'c'");
  EXPECT_EQ(query("SELECT DISTINCT id FROM (SELECT id FROM vector_nearest('i', '[1,0]') UNION ALL "
                  "SELECT id FROM vector_top_k('i', '[6,0]', 1)) ORDER BY id"),
            "'a'\n'b'\n'c'");
}

TEST_F(VectorFunctionsInQueriesTest, RefuseACallWithoutArgumentsAlsoInAnOr) {
  const auto fails = [this](const std::string& from, const std::string& text) {
    EXPECT_THAT([&] { return query("SELECT id FROM " + from); },
                throws_error(ErrorKind::error, text))
        << from;
  };
  fails("vector_nearest", "needs an index and a vector");
  fails("vector_nearest WHERE vector = '[1,0]' AND (id = 'a' OR id = 'b')",
        "needs an index and a vector");
  fails("vector_top_k", "got 0 parameters, expected 3");
  fails("vector_top_k('i', '[1,0]') WHERE id = 'a' OR id = 'b'", "got 2 parameters, expected 3");
}

TEST_F(VectorNearestTest, RefusesWhatVectorTopKRefuses) {
  db_.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, v F32_BLOB(2))");
  db_.execute("CREATE INDEX i ON t(libsql_vector_idx(v))");
  const auto fails = [this](const std::string& arguments, const std::string& text) {
    EXPECT_THAT([&] { return query("SELECT * FROM vector_nearest(" + arguments + ")"); },
                throws_error(ErrorKind::error, text))
        << arguments;
  };
  fails("'i'", "needs an index and a vector");
  fails("'no', '[1,2]'", "failed to parse vector index parameters");
  fails("7, '[1,2]'", "first parameter (index) must be a string");
  fails("'i', '[1]'", "dimensions are different: 1 != 2");
  fails("'i', NULL", "unexpected value type");
}

}  // namespace
}  // namespace libsql
