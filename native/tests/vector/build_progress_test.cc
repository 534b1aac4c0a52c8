// What an observer of builds is told, and that interrupted builds leave nothing behind.
#include "vector/build_progress.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "testing/database_test.h"
#include "testing/matchers.h"

namespace libsql {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::throws_error;
using vector::BuildProgress;

class BuildProgressTest : public ::testing::Test {
 protected:
  void pass(milliseconds time) { now_ += time; }

  steady_clock::time_point now_{};
  std::vector<VectorBuild> told_;
  BuildProgress progress_{[this](const VectorBuild& build) { told_.push_back(build); },
                          [this] { return now_; }};
};

TEST_F(BuildProgressTest, AQuickBuildReportsOnlyItsEnd) {
  progress_.begin({"main", "i"}, 7);
  progress_.stage(1, 7);
  for (int i = 0; i < 7; ++i) progress_.step();
  pass(milliseconds(249));
  progress_.step();
  EXPECT_TRUE(told_.empty());
  progress_.succeed();
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_TRUE(told_[0].ended);
  EXPECT_EQ(told_[0].index, "i");
  EXPECT_EQ(told_[0].rows, 7U);
  EXPECT_EQ(told_[0].fraction, 1);
  EXPECT_EQ(told_[0].duration, milliseconds(249));
}

TEST_F(BuildProgressTest, ALongOneReportsFourTimesASecondHowMuchIsDone) {
  progress_.begin({"main", "i"}, 100);
  progress_.stage(0.5, 100);
  for (int i = 0; i < 100; ++i) {
    pass(milliseconds(10));
    progress_.step();
  }
  ASSERT_EQ(told_.size(), 4U);
  for (std::size_t i = 0; i < told_.size(); ++i) {
    EXPECT_FALSE(told_[i].ended);
    EXPECT_DOUBLE_EQ(told_[i].fraction, 0.125 * static_cast<double>(i + 1));
  }
  progress_.stage(1, 2);
  pass(milliseconds(250));
  progress_.at(1);
  EXPECT_DOUBLE_EQ(told_.back().fraction, 0.75);
}

TEST_F(BuildProgressTest, AFailureEndsABuildThatRunsAndNothingElse) {
  progress_.fail(Error(ErrorKind::busy, "before"));
  EXPECT_TRUE(told_.empty());
  progress_.begin({"main", "i"}, 1);
  progress_.fail(Error(ErrorKind::interrupted, "stopped"));
  progress_.fail(Error(ErrorKind::busy, "after"));
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_EQ(told_[0].error->kind(), ErrorKind::interrupted);
  EXPECT_LT(told_[0].fraction, 1);
}

class VectorBuildTest : public testing::FileTest {
 protected:
  static constexpr int kRows = 2'000;
  static constexpr const char* kCreate = "CREATE INDEX i ON t(libsql_vector_idx(v))";

  void SetUp() override {
    db_.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, v F32_BLOB(4))");
    db_.execute("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < " +
                std::to_string(kRows) +
                ") INSERT INTO t SELECT x, vector('[1,2,' || x || ',' || (x % 7) || ']') FROM n");
  }
  // Makes the connection slow: after the first `quick` calls of its cancel check each call takes a
  // millisecond, and one after a build's first report takes until `end`.
  void slow_down(steady_clock::time_point end = {}, int quick = 0) {
    db_.set_cancel_check([this, end, quick]() mutable {
      if (--quick >= 0) return false;
      const auto step = steady_clock::now() + milliseconds(1);
      const bool reported = !told_.empty() && !told_.back().ended;
      while (steady_clock::now() < (reported ? std::max(step, end) : step)) {
      }
      return false;
    });
  }
  // How often the connection calls its cancel check while it runs `sql`.
  int looks_of(const std::string& sql) {
    int looks = 0;
    db_.set_cancel_check([&looks] {
      ++looks;
      return false;
    });
    db_.execute(sql);
    db_.set_cancel_check({});
    return looks;
  }
  std::string run(const std::string& sql) { return testing::query(db_, sql); }
  std::string schema() { return run("SELECT group_concat(name) FROM sqlite_schema"); }
  Connection observed() {
    Options options;
    options.progress_steps = 100;
    options.vector_build_observer = [this](const VectorBuild& build) {
      told_.push_back(build);
      if (on_report_) on_report_();
    };
    return connect(options);
  }

  std::vector<VectorBuild> told_;
  std::function<void()> on_report_;
  Connection db_ = observed();
};

TEST_F(VectorBuildTest, ReportsTheEndOfEachBuildOfCreateIndexAndReindex) {
  db_.execute(kCreate);
  db_.execute("CREATE TEMP TABLE s(v F32_BLOB(2))");
  db_.execute("CREATE INDEX temp.j ON s(libsql_vector_idx(v))");
  db_.execute("REINDEX i");
  db_.execute("CREATE INDEX plain ON t(id)");
  std::string ends;
  for (const VectorBuild& build : told_) {
    if (!build.ended) continue;
    ends += build.schema + '.' + build.index + ' ' + std::to_string(build.rows) + '\n';
    EXPECT_FALSE(build.error);
  }
  EXPECT_EQ(ends, "main.i 2000\ntemp.j 0\nmain.i 2000\n");
}

TEST_F(VectorBuildTest, ASlowOneReportsMoreAndMoreInBetween) {
  slow_down();
  db_.execute(kCreate);
  ASSERT_GE(told_.size(), 3U);
  EXPECT_TRUE(told_.back().ended);
  for (std::size_t i = 1; i < told_.size(); ++i) {
    EXPECT_FALSE(told_[i - 1].ended);
    EXPECT_GE(told_[i].fraction, told_[i - 1].fraction);
    EXPECT_GE(told_[i].duration, told_[i - 1].duration);
  }
  EXPECT_GT(told_[1].fraction, 0);
}

TEST_F(VectorBuildTest, ABuildThatARowRefusesReportsTheError) {
  db_.execute("INSERT INTO t VALUES (3000, '[1,2]')");
  EXPECT_THAT([&] { db_.execute(kCreate); }, throws_error(ErrorKind::error, "dimensions"));
  ASSERT_EQ(told_.size(), 1U);
  ASSERT_TRUE(told_[0].error);
  EXPECT_EQ(told_[0].error->kind(), ErrorKind::error);
}

TEST_F(VectorBuildTest, AnInterruptOfItsObserverEndsItAndLeavesNothingBehind) {
  const std::string before = schema();
  slow_down();
  on_report_ = [this] { db_.interrupt(); };
  EXPECT_THAT([&] { db_.execute(kCreate); }, throws_error(ErrorKind::interrupted, "interrupted"));
  ASSERT_EQ(told_.size(), 2U);
  ASSERT_TRUE(told_[1].error);
  EXPECT_EQ(told_[1].error->kind(), ErrorKind::interrupted);
  db_.set_cancel_check({});
  EXPECT_EQ(schema(), before);
  EXPECT_FALSE(db_.in_transaction());
}

TEST_F(VectorBuildTest, ADeadlineEndsAReindexAndTheIndexStaysAsItWas) {
  db_.execute(kCreate);
  const std::string before = schema();
  const std::string nearest = run("SELECT id FROM vector_top_k('i', '[1,2,50,1]', 5)");
  // SQLite's own pass over the rows comes first; ended there, it would end the transaction.
  const int looks = looks_of("REINDEX i");
  db_.execute("BEGIN");
  db_.execute("DELETE FROM t WHERE id = 1");
  const auto deadline = steady_clock::now() + milliseconds(2500);
  slow_down(deadline, looks / 2);
  db_.set_deadline(deadline);
  EXPECT_THAT([&] { db_.execute("REINDEX i"); }, throws_error(ErrorKind::timeout, ""));
  ASSERT_TRUE(told_.back().error);
  EXPECT_EQ(told_.back().error->kind(), ErrorKind::timeout);
  db_.set_deadline({});
  db_.set_cancel_check({});
  // SQLite takes the transaction back where the statement that was ended was writing.
  const bool goes_on = db_.in_transaction();
  EXPECT_EQ(run("SELECT count(*), vector_index_check('i') FROM t"),
            goes_on ? "1999|'ok'" : "2000|'ok'");
  if (goes_on) db_.execute("COMMIT");
  EXPECT_EQ(schema(), before);
  EXPECT_EQ(run("SELECT id FROM vector_top_k('i', '[1,2,50,1]', 5)"), nearest);
}

TEST_F(VectorBuildTest, AnObserverCannotUseTheConnectionAndWhatItThrowsIsIgnored) {
  int refused = 0;
  on_report_ = [&] {
    try {
      db_.execute("SELECT 1");
    } catch (const Error& error) {
      refused += error.kind() == ErrorKind::misuse ? 1 : 0;
      throw;
    }
  };
  db_.execute(kCreate);
  EXPECT_GE(refused, 1);
  EXPECT_EQ(run("SELECT vector_index_check('i')"), "'ok'");
}

}  // namespace
}  // namespace libsql
