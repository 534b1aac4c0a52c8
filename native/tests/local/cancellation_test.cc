// Stopping a statement at any of its instructions: a write that reports to have been stopped has
// not happened.
#include <functional>
#include <string>

#include <gmock/gmock.h>

#include "testing/database_test.h"

namespace libsql {
namespace {

using testing::query;

class CancellationTest : public testing::FileTest {
 protected:
  static Options asked_at_every_instruction() {
    Options options;
    options.progress_steps = 1;
    return options;
  }

  CancellationTest() {
    db_.execute_script("CREATE TABLE t(a); CREATE INDEX by_a ON t(a); INSERT INTO t VALUES (0)");
  }

  // Runs `write`, which adds one row, with a cancel check that returns true at its n-th call, for
  // each n in turn. Returns the number of calls that stopped it.
  int stop_at_each_check(const std::function<void()>& write) {
    int stops = 0;
    for (int n = 0;; ++n) {
      const std::string before = rows();
      int calls = 0;
      db_.set_cancel_check([&calls, n] { return calls++ == n; });
      bool stopped = false;
      try {
        write();
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::interrupted) << error.what();
        stopped = true;
      }
      db_.set_cancel_check({});
      if (db_.in_transaction()) db_.rollback();
      EXPECT_EQ(rows() == before, stopped) << "check " << n;
      stops += stopped ? 1 : 0;
      if (calls <= n || HasFailure()) return stops;
    }
  }
  std::string rows() { return query(db_, "SELECT count(*) FROM t"); }

  Connection db_ = connect(asked_at_every_instruction());
};

TEST_F(CancellationTest, AStatementThatIsStoppedHasNotCommitted) {
  EXPECT_GT(stop_at_each_check([this] { db_.execute("INSERT INTO t SELECT max(a) + 1 FROM t"); }),
            0);
}

TEST_F(CancellationTest, AStatementWithRowsThatIsStoppedHasNotCommitted) {
  EXPECT_GT(stop_at_each_check(
                [this] { db_.execute("INSERT INTO t SELECT max(a) + 1 FROM t RETURNING a"); }),
            0);
}

TEST_F(CancellationTest, ATransactionOfWhichAnyStatementIsStoppedHasNotCommitted) {
  EXPECT_GT(stop_at_each_check([this] {
              db_.begin_transaction(TransactionMode::immediate);
              db_.execute("INSERT INTO t VALUES (1)");
              db_.commit();
            }),
            0);
}

TEST_F(CancellationTest, AWriteInATransactionThatIsStoppedLeavesNoRow) {
  for (int n = 0;; ++n) {
    db_.begin_transaction(TransactionMode::immediate);
    int calls = 0;
    db_.set_cancel_check([&calls, n] { return calls++ == n; });
    bool stopped = false;
    try {
      db_.execute("INSERT INTO t VALUES (1)");
    } catch (const Error&) {
      stopped = true;
    }
    db_.set_cancel_check({});
    ASSERT_EQ(rows(), stopped ? "1" : "2") << "check " << n;
    db_.rollback();
    if (calls <= n) return;
  }
}

}  // namespace
}  // namespace libsql
