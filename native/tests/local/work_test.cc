// How much work a statement may cause.
#include "local/work.h"

#include <gmock/gmock.h>

#include "testing/database_test.h"
#include "testing/matchers.h"

namespace libsql {
namespace {

class WorkTest : public testing::FileTest {
 protected:
  WorkTest() {
    db_.execute_script(
        "CREATE TABLE t(id INTEGER PRIMARY KEY, a); CREATE TABLE with_trigger(a);"
        "CREATE TRIGGER tr AFTER INSERT ON with_trigger BEGIN DELETE FROM t; END;");
  }
  // After a first use: the estimate is made when a statement is used again. Nothing is kept.
  Work work(std::string_view sql) {
    Statement statement = db_.prepare(sql);
    const Transaction transaction = db_.begin();
    statement.execute();
    return statement.work();
  }
  Connection db_ = connect();
};

TEST_F(WorkTest, QueriesAreBoundedByTheirBudget) {
  EXPECT_EQ(work("SELECT * FROM t WHERE id = ?"), Work::bounded_read);
  EXPECT_EQ(work("SELECT count(*) FROM t"), Work::bounded_read);
}

TEST_F(WorkTest, WritesOfFewRowsAreBounded) {
  EXPECT_EQ(work("INSERT INTO t VALUES (?, ?)"), Work::bounded_write);
  EXPECT_EQ(work("UPDATE t SET a = 1 WHERE id = ?"), Work::bounded_write);
  EXPECT_EQ(work("DELETE FROM t WHERE id = ?"), Work::bounded_write);
}

TEST_F(WorkTest, EverythingElseIsUnbounded) {
  EXPECT_EQ(work("UPDATE t SET a = 1"), Work::unbounded);
  // The attached file's journal may be one that waits for the disk.
  db_.execute("ATTACH '" + path("attached.db") + "' AS other");
  db_.execute("CREATE TABLE other.u(a)");
  EXPECT_EQ(work("INSERT INTO other.u VALUES (1)"), Work::unbounded);
  EXPECT_EQ(work("DELETE FROM t"), Work::unbounded);
  EXPECT_EQ(work("INSERT INTO t SELECT * FROM t"), Work::unbounded);
  EXPECT_EQ(work("INSERT INTO with_trigger VALUES (1)"), Work::unbounded);
  EXPECT_EQ(work("CREATE TABLE u(a)"), Work::unbounded);
  EXPECT_EQ(db_.prepare("VACUUM").work(), Work::unbounded);
  EXPECT_EQ(db_.prepare("PRAGMA wal_checkpoint").work(), Work::unbounded);
}

TEST_F(WorkTest, QueriesThatExceedTheirBudgetBecomeUnbounded) {
  constexpr std::string_view kSlow =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000)"
      " SELECT count(*) FROM n";
  Statement statement = db_.prepare(kSlow);
  EXPECT_EQ(statement.work(), Work::bounded_read);
  db_.set_budget(std::chrono::microseconds(200));
  try {
    statement.execute();
    FAIL() << "finished within its budget";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::would_block);
  }
  db_.set_budget(std::nullopt);
  EXPECT_EQ(statement.work(), Work::unbounded);
}

// What explain with analyze: true reports, was once the sum of a run that was given up and the
// whole one.
TEST_F(WorkTest, RunsThatAreGivenUpDoNotCount) {
  constexpr std::string_view kSlow =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)"
      " SELECT count(*) FROM n";
  Statement once = db_.prepare(kSlow);
  once.execute();
  Statement twice = db_.prepare(kSlow);
  db_.set_budget(std::chrono::microseconds(200));
  EXPECT_THAT([&] { twice.execute(); }, testing::throws_error(ErrorKind::would_block));
  EXPECT_EQ(twice.counters().instructions, 0);
  db_.set_budget(std::nullopt);
  twice.execute();
  EXPECT_EQ(twice.counters().instructions, once.counters().instructions);
}

TEST_F(WorkTest, EndingATransactionCostsWhatItDid) {
  db_.begin_transaction(Behaviour::deferred);
  EXPECT_NE(db_.end_of_transaction_work(), Work::unbounded);
  db_.execute("INSERT INTO t SELECT value, zeroblob(100) FROM json_each('[1,2,3]')");
  db_.execute(
      "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < "
      "90000)"
      " SELECT i, zeroblob(100) FROM n");
  EXPECT_EQ(db_.end_of_transaction_work(), Work::unbounded);
  db_.rollback();
}

}  // namespace
}  // namespace libsql
