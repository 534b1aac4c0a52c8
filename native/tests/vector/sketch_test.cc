// Search by sketches, against measuring all rows: the table is large enough to have some.
#include "vector/sketch.h"

#include <cmath>
#include <filesystem>
#include <random>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "libsql/database.h"
#include "testing/child_process.h"
#include "testing/database_test.h"
#include "testing/matchers.h"
#include "testing/vector_table.h"
#include "vector/kernels.h"

namespace libsql {
namespace {

using testing::throws_error;

constexpr int kRows = 4500;  // More than vector::kFirstBuild, and than four times as many.

class VectorSketchTest : public testing::FileTest {
 protected:
  static std::string builds(Connection& db) {
    return testing::query(db, "SELECT count(*) FROM libsql_vx_i_state");
  }
  void agrees_after_random_writes(const std::string& type, const std::string& make,
                                  const std::string& metric, int steps) {
    SCOPED_TRACE(make + " " + metric);
    std::filesystem::remove(path());
    testing::VectorData data(14);
    Connection db = connect();
    testing::VectorTable table(db, data, type, make, metric);
    table.fill(kRows * 10 / 9);
    ASSERT_EQ(builds(db), "1");
    testing::Recall recall;
    for (int step = 0; step < steps; ++step) {
      const unsigned kind = data.below(6);
      if (kind == 0) db.execute("BEGIN");
      if (kind == 1) db.execute("SAVEPOINT s");
      for (int i = 0; i < 5; ++i) table.write();
      if (kind < 2) table.check(recall);
      if (kind == 0) db.execute(data.below(2) == 0 ? "ROLLBACK" : "COMMIT");
      if (kind == 1) {
        if (data.below(2) == 0) db.execute("ROLLBACK TO s");
        db.execute("RELEASE s");
      }
      if (kind == 2) db = connect();
      table.check(recall);
    }
    table.check_all();
    recall.expect_enough();
  }
};

TEST_F(VectorSketchTest, FindsWhatMeasuringAllRowsFindsAfterEachRandomWrite) {
  agrees_after_random_writes("F32_BLOB", "vector32", "cos", 60);
  agrees_after_random_writes("F32_BLOB", "vector32", "l2", 60);
}

TEST_F(VectorSketchTest, KnowsTheOtherElementTypes) {
  agrees_after_random_writes("F64_BLOB", "vector64", "l2", 6);
  agrees_after_random_writes("F16_BLOB", "vector16", "cos", 6);
  agrees_after_random_writes("FB16_BLOB", "vectorb16", "cos", 6);
  agrees_after_random_writes("F8_BLOB", "vector8", "cos", 6);
}

constexpr const char* kMany =
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 5000) ";

TEST_F(VectorSketchTest, ATableWithoutRowidsIsSearchedByItsKey) {
  Connection db = connect();
  db.execute("CREATE TABLE t(k TEXT COLLATE NOCASE PRIMARY KEY, v F32_BLOB(2)) WITHOUT ROWID");
  db.execute("CREATE INDEX i ON t(libsql_vector_idx(v, 'metric=l2'))");
  db.execute(std::string(kMany) + "INSERT INTO t SELECT 'k' || x, '[' || x || ',1]' FROM n");
  EXPECT_EQ(builds(db), "1");
  const std::string nearest = "SELECT id FROM vector_top_k('i', '[77,1]', 1)";
  EXPECT_EQ(testing::query(db, nearest), "'k77'");
  db.execute("UPDATE t SET k = 'K77' WHERE k = 'k77'");
  EXPECT_EQ(testing::query(db, nearest), "'K77'");
  EXPECT_EQ(testing::query(db, "SELECT vector_index_check('i')"), "'ok'");
}

TEST_F(VectorSketchTest, VectorsThatNothingCanBeEstimatedOfAreMeasured) {
  Connection db = connect();
  db.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, v F32_BLOB(2))");
  db.execute("CREATE INDEX i ON t(libsql_vector_idx(v))");
  db.execute(std::string(kMany) + "INSERT INTO t SELECT x + 10, '[' || x || ',1]' FROM n");
  db.execute("INSERT INTO t VALUES (1,'[0,0]'),(2,'[1e30,1e30]'),(3,'[1e-20,0]')");
  EXPECT_EQ(testing::query(db, "SELECT id FROM vector_top_k('i', '[1,0]', 1)"), "3");
  EXPECT_EQ(testing::query(db, "SELECT count(*) FROM vector_top_k('i', '[1,0]', 9999)"), "5003");
  EXPECT_EQ(testing::query(db, "SELECT id FROM vector_top_k('i', '[0,0]', 2)"), "1\n2");
  db.execute("DELETE FROM t WHERE id > 10");
  EXPECT_EQ(testing::query(db, "SELECT id FROM vector_top_k('i', '[1,0]', 9)"),
            testing::query(db,
                           "SELECT id FROM t ORDER BY vector_distance_cos(v, '[1,0]') IS NULL, "
                           "vector_distance_cos(v, '[1,0]'), id"));
}

TEST_F(VectorSketchTest, AFailedStatementAndAnotherConnectionSeeOneState) {
  Connection db = connect();
  db.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, v F32_BLOB(2))");
  db.execute("CREATE INDEX i ON t(libsql_vector_idx(v, 'metric=l2'))");
  Connection other = connect();
  const std::string nearest = "SELECT id FROM vector_top_k('i', '[77,1]', 1)";
  EXPECT_EQ(testing::query(other, nearest), "");
  // The statement makes sketches before it fails.
  const std::string insert = std::string(kMany) +
                             "INSERT INTO t SELECT x, CASE x WHEN 5000 THEN '[1' ELSE '[' || x || "
                             "',1]' END FROM n WHERE x <= ";
  EXPECT_THAT([&] { db.execute(insert + "5000"); },
              throws_error(ErrorKind::error, "must end with"));
  EXPECT_EQ(builds(db), "0");
  db.execute(insert + "4999");
  EXPECT_EQ(builds(other), "1");
  EXPECT_EQ(testing::query(other, nearest), "77");
  other.execute("UPDATE t SET v = '[77,1]' WHERE id = 3");
  other.execute("UPDATE t SET v = '[0,0]' WHERE id = 77");
  EXPECT_EQ(testing::query(db, nearest), "3");
  other.execute("REINDEX i");
  db.execute("DELETE FROM t WHERE id = 3");
  db.execute("INSERT INTO t VALUES (6000, '[77,1]')");
  db.execute("VACUUM");
  EXPECT_EQ(testing::query(other, nearest), "6000");
  EXPECT_EQ(testing::query(other, "SELECT vector_index_check('i')"), "'ok'");
}

TEST_F(VectorSketchTest, ObserversSeeOnlyTheChangesOfTheUsersTables) {
  Connection db = connect();
  db.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, v F32_BLOB(2))");
  db.execute(std::string(kMany) + "INSERT INTO t SELECT x, '[' || x || ',1]' FROM n");
  db.execute("CREATE INDEX i ON t(libsql_vector_idx(v))");
  std::vector<std::string> tables;
  db.observe([&tables](const Event& event) {
    if (const auto* change = std::get_if<RowChange>(&event)) tables.push_back(change->table);
  });
  db.execute("INSERT INTO t VALUES (9000, '[1,1]')");
  db.execute("BEGIN");
  EXPECT_THAT([&] { db.execute("INSERT INTO t VALUES (9001, '[1,1]'), (9002, '[1')"); },
              throws_error(ErrorKind::error, "must end with"));
  db.execute("COMMIT");
  EXPECT_EQ(tables, std::vector<std::string>{"t"});
}

TEST_F(VectorSketchTest, DamageIsFoundAndRepairedByReindex) {
  Connection db = connect();
  db.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, v F32_BLOB(2))");
  db.execute(std::string(kMany) + "INSERT INTO t SELECT x, '[' || x || ',1]' FROM n");
  db.execute("CREATE INDEX i ON t(libsql_vector_idx(v))");
  const auto check = [&] { return testing::query(db, "SELECT vector_index_check('i')"); };
  db.execute("DELETE FROM libsql_vx_i_places WHERE id = 7");
  EXPECT_EQ(check(), "'the row 7 has no sketch'");
  db.execute("REINDEX t");
  EXPECT_EQ(check(), "'ok'");
  // An entry is an id of 8 bytes, two numbers of 4 and 64 of half a byte.
  db.execute(
      "UPDATE libsql_vx_i_sketches SET data = CAST(substr(data, 1, 64) || zeroblob(8) || "
      "substr(data, 73) AS BLOB) WHERE place = (SELECT place FROM libsql_vx_i_places WHERE id = "
      "2)");
  EXPECT_EQ(check(), "'the row 2 has the sketch of another vector'");
  db.execute("REINDEX");
  EXPECT_EQ(check(), "'ok'");
  db.execute(
      "DELETE FROM libsql_vx_i_sketches WHERE place = (SELECT max(place) FROM "
      "libsql_vx_i_sketches)");
  EXPECT_THAT(check(), ::testing::HasSubstr("REINDEX"));
  db.execute("REINDEX");
  db.execute("DELETE FROM libsql_vx_i_lists");
  EXPECT_THAT(check(), ::testing::HasSubstr("REINDEX"));
  db.execute("REINDEX");
  EXPECT_THAT([&] { testing::query(db, "SELECT vector_index_check('no')"); },
              throws_error(ErrorKind::error, "failed to parse vector index parameters"));
}

TEST_F(VectorSketchTest, AProcessThatIsKilledWhileItWritesLeavesAnIndexThatFits) {
  {
    Connection db = connect();
    db.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, v F32_BLOB(2))");
    db.execute("CREATE INDEX i ON t(libsql_vector_idx(v))");
  }
  for (int round = 0; round < 5; ++round) {
    testing::ChildProcess writer([this](const testing::Reports& reports) {
      Connection db = connect();
      for (int i = 0;; ++i) {
        db.execute(
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 40) "
            "INSERT INTO t(v) SELECT '[' || abs(random() % 999) || ',1]' FROM n");
        reports.send(i);
      }
    });
    for (int i = 0; i < 30; ++i) ASSERT_TRUE(writer.receive().has_value());
    writer.kill();
    Connection db = connect();
    EXPECT_EQ(testing::query(db, "SELECT vector_index_check('i')"), "'ok'");
    EXPECT_EQ(testing::query(db, "SELECT count(*) FROM vector_top_k('i', '[1,2]', 99999)"),
              testing::query(db, "SELECT count(*) FROM t"));
  }
  Connection db = connect();
  EXPECT_EQ(builds(db), "1");
}

// The half square of the distance to a query, and how far the estimate is from it, in its errors.
struct Deviation {
  double mean = 0;
  double root_mean_square = 0;
};

Deviation deviation_of_estimates(std::size_t dimensions) {
  std::mt19937 random(14);
  std::normal_distribution<float> normal;
  const auto around = [&](const std::vector<float>& centre, float radius) {
    std::vector<float> vector = centre;
    for (float& value : vector) value += radius * normal(random);
    return vector;
  };
  const vector::Sketcher sketcher(around(std::vector<float>(dimensions), 1));
  const std::vector<float> place = around(sketcher.mean(), 1);
  const std::vector<float> centre = sketcher.turned(place);
  Deviation deviation;
  constexpr int kPairs = 4000;
  for (int pair = 0; pair < kPairs; ++pair) {
    const std::vector<float> row = around(place, 0.5F);
    const std::vector<float> query = around(place, 0.4F);
    double half_square = 0;
    double to_centre = 0;
    for (std::size_t i = 0; i < dimensions; ++i) {
      half_square += std::pow(static_cast<double>(row[i] - query[i]), 2) / 2;
      to_centre += std::pow(static_cast<double>(query[i] - place[i]), 2);
    }
    const std::string sketch = vector::Sketcher::sketch(sketcher.turned(row), centre);
    EXPECT_EQ(sketch.size(), sketcher.size());
    const vector::SketchQuery sketched(sketcher.turned(query));
    const vector::Estimate estimate =
        sketched.estimate(sketch, sketched.in_list(static_cast<float>(to_centre)));
    const double off =
        (static_cast<double>(estimate.value) - half_square) / static_cast<double>(estimate.error);
    deviation.mean += off / kPairs;
    deviation.root_mean_square += off * off / kPairs;
  }
  deviation.root_mean_square = std::sqrt(deviation.root_mean_square);
  return deviation;
}

TEST(VectorSketchEstimates, AreUnbiasedAndOffByAboutTheirStatedError) {
  for (const std::size_t dimensions : {50U, 64U, 100U, 128U, 200U, 384U, 784U}) {
    SCOPED_TRACE(dimensions);
    const Deviation deviation = deviation_of_estimates(dimensions);
    EXPECT_NEAR(deviation.mean, 0, 0.1);
    EXPECT_GT(deviation.root_mean_square, 0.7);
    EXPECT_LT(deviation.root_mean_square, 1.2);
  }
}

TEST(VectorSketchKernels, WeighBitsAlikeOnEveryInstructionSet) {
  std::mt19937 random(14);
  constexpr std::size_t kMost = 136;
  std::vector<std::byte> bytes(5 * kMost);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  for (std::size_t size = 8; size <= kMost; size += 8) {
    const auto wanted =
        vector::supported_kernels().front()->weigh_bits(bytes.data(), bytes.data() + kMost, size);
    for (const vector::Kernels* kernels : vector::supported_kernels()) {
      const auto sums = kernels->weigh_bits(bytes.data(), bytes.data() + kMost, size);
      EXPECT_EQ(sums.count, wanted.count) << kernels->target << size;
      EXPECT_EQ(sums.weight, wanted.weight) << kernels->target << size;
    }
  }
}

}  // namespace
}  // namespace libsql
