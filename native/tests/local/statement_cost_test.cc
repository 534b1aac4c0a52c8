// What a statement may cost.
#include "local/statement_cost.h"

#include <gmock/gmock.h>

#include "testing/database_test.h"
#include "testing/matchers.h"

namespace libsql {
namespace {

class StatementCostTest : public testing::FileTest {
 protected:
  StatementCostTest() {
    db_.execute_script(
        "CREATE TABLE t(id INTEGER PRIMARY KEY, a); CREATE TABLE with_trigger(a);"
        "CREATE TRIGGER tr AFTER INSERT ON with_trigger BEGIN DELETE FROM t; END;");
  }
  // After a first use: the estimate is made when a statement is used again. Nothing is kept.
  StatementCost cost(std::string_view sql) {
    Statement statement = db_.prepare(sql);
    const Transaction transaction = db_.begin();
    statement.execute();
    return statement.cost();
  }
  Connection db_ = connect();
};

TEST_F(StatementCostTest, QueriesAreBoundedByTheirBudget) {
  EXPECT_EQ(cost("SELECT * FROM t WHERE id = ?"), StatementCost::bounded_read);
  EXPECT_EQ(cost("SELECT count(*) FROM t"), StatementCost::bounded_read);
}

TEST_F(StatementCostTest, WritesOfFewRowsAreBounded) {
  EXPECT_EQ(cost("INSERT INTO t VALUES (?, ?)"), StatementCost::bounded_write);
  EXPECT_EQ(cost("UPDATE t SET a = 1 WHERE id = ?"), StatementCost::bounded_write);
  EXPECT_EQ(cost("DELETE FROM t WHERE id = ?"), StatementCost::bounded_write);
}

TEST_F(StatementCostTest, EverythingElseIsUnbounded) {
  EXPECT_EQ(cost("UPDATE t SET a = 1"), StatementCost::unbounded);
  // The attached file's journal may be one that waits for the disk.
  db_.execute("ATTACH '" + path("attached.db") + "' AS other");
  db_.execute("CREATE TABLE other.u(a)");
  EXPECT_EQ(cost("INSERT INTO other.u VALUES (1)"), StatementCost::unbounded);
  EXPECT_EQ(cost("DELETE FROM t"), StatementCost::unbounded);
  EXPECT_EQ(cost("INSERT INTO t SELECT * FROM t"), StatementCost::unbounded);
  EXPECT_EQ(cost("INSERT INTO with_trigger VALUES (1)"), StatementCost::unbounded);
  EXPECT_EQ(cost("CREATE TABLE u(a)"), StatementCost::unbounded);
  EXPECT_EQ(db_.prepare("VACUUM").cost(), StatementCost::unbounded);
  EXPECT_EQ(db_.prepare("PRAGMA wal_checkpoint").cost(), StatementCost::unbounded);
}

TEST_F(StatementCostTest, QueriesThatExceedTheirBudgetBecomeUnbounded) {
  constexpr std::string_view kSlow =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000)"
      " SELECT count(*) FROM n";
  Statement statement = db_.prepare(kSlow);
  EXPECT_EQ(statement.cost(), StatementCost::bounded_read);
  db_.set_budget(std::chrono::microseconds(200));
  try {
    statement.execute();
    FAIL() << "finished within its budget";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::would_block);
  }
  db_.set_budget(std::nullopt);
  EXPECT_EQ(statement.cost(), StatementCost::unbounded);
}

// What explain with analyze: true reports, was once the sum of a run that was given up and the
// whole one.
TEST_F(StatementCostTest, RunsThatAreGivenUpDoNotCount) {
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

TEST_F(StatementCostTest, EndingATransactionCostsWhatItDid) {
  db_.begin_transaction(TransactionMode::deferred);
  EXPECT_NE(db_.end_of_transaction_cost(), StatementCost::unbounded);
  db_.execute("INSERT INTO t SELECT value, zeroblob(100) FROM json_each('[1,2,3]')");
  db_.execute(
      "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < "
      "90000)"
      " SELECT i, zeroblob(100) FROM n");
  EXPECT_EQ(db_.end_of_transaction_cost(), StatementCost::unbounded);
  db_.rollback();
}

}  // namespace
}  // namespace libsql
