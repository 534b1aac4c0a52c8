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
