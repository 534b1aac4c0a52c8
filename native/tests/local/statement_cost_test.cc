// What a statement may cost.
#include "local/statement_cost.h"

#include <gmock/gmock.h>

#include "testing/database_test.h"
#include "testing/matchers.h"
#include "testing/session_of.h"

namespace libsql {
namespace {

using local::StatementCost;
using testing::cost_of;
using testing::session_of;

class StatementCostTest : public testing::FileTest {
 protected:
  StatementCostTest() {
    db_.execute_script(
        "CREATE TABLE t(id INTEGER PRIMARY KEY, a); CREATE TABLE with_trigger(a);"
        "CREATE TRIGGER tr AFTER INSERT ON with_trigger BEGIN DELETE FROM t; END;");
  }
  // After a first use, which is rolled back: the program is read at the second use.
  StatementCost cost(std::string_view sql) {
    Statement statement = db_.prepare(sql);
    const Transaction transaction = db_.begin();
    statement.execute();
    return cost_of(statement);
  }
  StatementCost cost_of_text(std::string_view sql) {
    Statement statement = db_.prepare(sql);
    return cost_of(statement);
  }
  Connection db_ = connect();
};

TEST_F(StatementCostTest, QueriesWhoseInstructionsAreBoundedAreLeftToTheirBudget) {
  db_.execute_script("CREATE INDEX t_a ON t(a); CREATE TABLE u(id INTEGER PRIMARY KEY, b)");
  for (const char* const sql :
       {"SELECT * FROM t WHERE id = ?", "SELECT * FROM t WHERE a = ? ORDER BY id LIMIT 20",
        "SELECT * FROM t WHERE id IN (?, ?, ?)", "SELECT DISTINCT a FROM t ORDER BY a DESC",
        "SELECT a, count(*), sum(id), avg(id), min(a), max(a) FROM t GROUP BY a HAVING count(*) > "
        "1",
        "SELECT t.a, u.b FROM t LEFT JOIN u ON u.id = t.a WHERE t.a BETWEEN 1 AND 9",
        "SELECT a FROM t UNION SELECT b FROM u EXCEPT SELECT 1",
        "SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.id = t.id)",
        "SELECT id, row_number() OVER (PARTITION BY a ORDER BY id) FROM t",
        "SELECT coalesce(a, 1), abs(id), typeof(a), date(a) FROM t"}) {
    EXPECT_EQ(cost(sql), StatementCost::bounded_read) << sql;
    EXPECT_EQ(cost_of_text(sql), StatementCost::bounded_read) << "first use: " << sql;
  }
}

TEST_F(StatementCostTest, QueriesWithAnInstructionThatMayTakeLongAreUnbounded) {
  for (const char* const sql :
       {"SELECT count(*) FROM t", "SELECT * FROM t WHERE a LIKE '%x%'",
        "SELECT * FROM t WHERE a GLOB '*[xyz]*'", "SELECT instr(a, 'x') FROM t",
        "SELECT max(upper(a)) FROM t", "SELECT sum(length(a)) FROM t", "SELECT hex(zeroblob(9))",
        "SELECT randomblob(9)", "SELECT * FROM pragma_integrity_check",
        "SELECT value FROM json_each('[1]')", "SELECT group_concat(a) FROM t",
        "SELECT json_extract(a, '$.x') FROM t", "SELECT replace(a, 'x', 'y') FROM t"}) {
    EXPECT_EQ(cost(sql), StatementCost::unbounded) << sql;
    EXPECT_EQ(cost_of_text(sql), StatementCost::unbounded) << "first use: " << sql;
  }
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
  EXPECT_EQ(cost_of_text("VACUUM"), StatementCost::unbounded);
  EXPECT_EQ(cost_of_text("PRAGMA wal_checkpoint"), StatementCost::unbounded);
}

TEST_F(StatementCostTest, QueriesThatExceedTheirBudgetBecomeUnbounded) {
  constexpr std::string_view kSlow =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000)"
      " SELECT max(i) FROM n";
  Statement statement = db_.prepare(kSlow);
  EXPECT_EQ(cost_of(statement), StatementCost::bounded_read);
  session_of(db_).set_budget(std::chrono::microseconds(200));
  try {
    statement.execute();
    FAIL() << "finished within its budget";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::would_block);
  }
  session_of(db_).set_budget(std::nullopt);
  EXPECT_EQ(cost_of(statement), StatementCost::unbounded);
}

TEST_F(StatementCostTest, UnderABudgetOnlyQuickCompilationsStart) {
  std::string nested = "SELECT 1";
  for (int i = 0; i < 20; ++i) nested.append(" + (SELECT max(a) FROM t)");
  const std::string large = "SELECT '" + std::string(5000, 'x') + "'";
  session_of(db_).set_budget(std::chrono::seconds(10));
  for (const std::string& sql : {nested, large}) {
    EXPECT_THAT([&] { return db_.cached(sql); }, testing::throws_error(ErrorKind::would_block));
  }
  EXPECT_NO_THROW(static_cast<void>(db_.cached("SELECT 1 FROM t JOIN t AS u USING (id)")));
  session_of(db_).set_budget(std::nullopt);
  { const Statement compiled = db_.cached(nested); }
  session_of(db_).set_budget(std::chrono::seconds(10));
  EXPECT_NO_THROW(static_cast<void>(db_.cached(nested)));  // It need not be compiled again.
}

// A bug once: the counters of `explain` with `analyze: true` included the run that exceeded its
// budget.
TEST_F(StatementCostTest, RunsThatExceedTheirBudgetDoNotCount) {
  constexpr std::string_view kSlow =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)"
      " SELECT count(*) FROM n";
  Statement once = db_.prepare(kSlow);
  once.execute();
  Statement twice = db_.prepare(kSlow);
  session_of(db_).set_budget(std::chrono::microseconds(200));
  EXPECT_THAT([&] { twice.execute(); }, testing::throws_error(ErrorKind::would_block));
  EXPECT_EQ(twice.counters().instructions, 0);
  session_of(db_).set_budget(std::nullopt);
  twice.execute();
  EXPECT_EQ(twice.counters().instructions, once.counters().instructions);
}

TEST_F(StatementCostTest, TheCostOfEndingATransactionDependsOnItsWrites) {
  db_.begin_transaction(TransactionMode::deferred);
  EXPECT_NE(session_of(db_).end_of_transaction_cost(), StatementCost::unbounded);
  db_.execute("INSERT INTO t SELECT value, zeroblob(100) FROM json_each('[1,2,3]')");
  db_.execute(
      "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < "
      "90000)"
      " SELECT i, zeroblob(100) FROM n");
  EXPECT_EQ(session_of(db_).end_of_transaction_cost(), StatementCost::unbounded);
  db_.rollback();
}

}  // namespace
}  // namespace libsql
