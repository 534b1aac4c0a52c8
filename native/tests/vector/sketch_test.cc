// Search by sketches, against measuring all rows: the table is large enough to have some.
#include "vector/sketch.h"

#include <algorithm>
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
#include "vector/kernels.h"

namespace libsql {
namespace {

using testing::throws_error;

constexpr int kDimensions = 24;
constexpr int kRows = 4500;  // More than vector::kFirstBuild, and than four times as many.

// Vectors in clusters around points that are all on one side of the origin, as images are.
class Data {
 public:
  explicit Data(unsigned seed) : random_(seed) {
    for (auto& centre : centres_) {
      for (float& value : centre) value = 1 + number();
    }
  }

  std::string text() {
    const auto& centre = centres_[random_() % centres_.size()];
    std::string text = "[";
    for (const float value : centre) text += std::to_string(value + number() / 2) + ",";
    text.back() = ']';
    return text;
  }
  unsigned below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }

 private:
  float number() { return std::normal_distribution<float>()(random_); }

  std::mt19937 random_;
  std::vector<std::vector<float>> centres_{20, std::vector<float>(kDimensions)};
};

// What a search finds and what measuring all rows finds.
struct Recall {
  int found = 0;
  int wanted = 0;
  void expect_enough() const { EXPECT_GE(found, 0.95 * wanted) << found << " of " << wanted; }
};

class Table {
 public:
  Table(Connection& db, Data& data, const std::string& type, const std::string& make,
        const std::string& metric)
      : db_(db), data_(data), make_(make), metric_(metric) {
    db_.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, u UNIQUE, c, v " + type + "(24))");
    db_.execute("CREATE INDEX i ON t(libsql_vector_idx(v, 'metric=" + metric + "')) WHERE c < 9");
  }

  void fill(int rows) {
    db_.execute("BEGIN");
    for (int i = 0; i < rows; ++i) {
      write_row("INSERT INTO t(u, c, v) VALUES (?, ?, " + make_ + "(?))", i);
    }
    db_.execute("COMMIT");
  }

  void write() {
    const auto id = static_cast<int>(data_.below(2 * kRows));
    switch (data_.below(5)) {
      case 0:
        db_.execute("DELETE FROM t WHERE id = " + std::to_string(id));
        break;
      case 1:
        db_.execute("UPDATE OR IGNORE t SET id = id + 20000, c = 8 WHERE id = " +
                    std::to_string(id));
        break;
      case 2:  // Deletes another row, of which no trigger tells.
        write_row("REPLACE INTO t(u, c, v) VALUES (?, ?, " + make_ + "(?))", id / 2);
        break;
      case 3:
        db_.execute("UPDATE t SET v = NULL WHERE id = " + std::to_string(id));
        break;
      default:
        write_row("INSERT INTO t(u, c, v) VALUES (?, ?, " + make_ +
                      "(?)) ON CONFLICT(u) DO UPDATE SET v = excluded.v, c = excluded.c",
                  id);
    }
  }

  void check(Recall& recall) {
    const std::vector<Value> wanted = {Value(data_.text())};
    const auto found = rows("SELECT id FROM vector_top_k('i', " + make_ + "(?1), 10)", wanted);
    const auto exact = rows(
        "SELECT id FROM t WHERE c < 9 AND v IS NOT NULL ORDER BY "
        "vector_distance_" +
            metric_ + "(v, " + make_ + "(?1)), id LIMIT 10",
        wanted);
    ASSERT_EQ(found.size(), exact.size());
    for (const std::string& id : exact) {
      ++recall.wanted;
      if (std::find(found.begin(), found.end(), id) != found.end()) ++recall.found;
    }
    EXPECT_EQ(found, rows("SELECT id FROM vector_top_k('i', " + make_ + "(?1), 10)", wanted));
  }

  void check_all() {
    EXPECT_EQ(testing::query(db_, "SELECT vector_index_check('i')"), "'ok'");
    const std::vector<Value> wanted = {Value(data_.text())};
    EXPECT_EQ(rows("SELECT id FROM vector_top_k('i', " + make_ + "(?1), 99999)", wanted),
              rows("SELECT id FROM t WHERE c < 9 AND v IS NOT NULL ORDER BY vector_distance_" +
                       metric_ + "(v, " + make_ + "(?1)), id",
                   wanted));
  }

 private:
  void write_row(const std::string& sql, int unique) {
    db_.execute(sql, unique, std::int64_t{data_.below(10)}, data_.text());
  }
  std::vector<std::string> rows(const std::string& sql, const std::vector<Value>& values) {
    std::vector<std::string> ids;
    Statement statement = db_.prepare(sql);
    statement.bind(1, values[0]);
    while (statement.step() == Step::row) {
      ids.push_back(std::to_string(statement.column(0).integer()));
    }
    return ids;
  }

  Connection& db_;
  Data& data_;
  std::string make_;
  std::string metric_;
};

class VectorSketchTest : public testing::FileTest {
 protected:
  static std::string builds(Connection& db) {
    return testing::query(db, "SELECT count(*) FROM libsql_vx_i_state");
  }
  void agrees_after_random_writes(const std::string& type, const std::string& make,
                                  const std::string& metric, int steps) {
    SCOPED_TRACE(make + " " + metric);
    std::filesystem::remove(path());
    Data data(14);
    Connection db = connect();
    Table table(db, data, type, make, metric);
    table.fill(kRows * 10 / 9);
    ASSERT_EQ(builds(db), "1");
    Recall recall;
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
  db.execute("DELETE FROM libsql_vx_i_sketches WHERE key = 7");
  EXPECT_EQ(check(), "'the row 7 has no sketch'");
  db.execute("REINDEX t");
  EXPECT_EQ(check(), "'ok'");
  db.execute("UPDATE libsql_vx_i_sketches SET data = x'00' WHERE key = 8");
  EXPECT_EQ(check(), "'the row 8 has the sketch of another vector'");
  db.execute("REINDEX");
  EXPECT_EQ(check(), "'ok'");
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
