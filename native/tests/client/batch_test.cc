// Batches in their three modes.
#include "libsql/batch.h"

#include <gmock/gmock.h>

#include "testing/database_test.h"
#include "testing/matchers.h"
#include "testing/session_of.h"

namespace libsql {
namespace {

using testing::throws_error;

class BatchTest : public testing::MemoryTest {
 protected:
  BatchTest() { db_.execute("CREATE TABLE t(a UNIQUE)"); }
  std::string rows() { return query("SELECT a FROM t ORDER BY a"); }
};

Batch with_a_bad_member() {
  Batch batch;
  batch.add("INSERT INTO t VALUES (?)", {std::int64_t{1}})
      .add("INSERT INTO t VALUES (?)", {std::int64_t{1}})
      .add("INSERT INTO t VALUES (2)");
  return batch;
}

TEST_F(BatchTest, ReportsRowsAndCounts) {
  Batch batch;
  batch.add("INSERT INTO t VALUES (1), (2)")
      .add("SELECT a, 'x' AS b FROM t")
      .add("UPDATE t SET a = a + 10 RETURNING a")
      .add("DELETE FROM t WHERE a = ?", {std::int64_t{11}})
      .add("PRAGMA user_version");
  const std::vector<BatchResult> results = db_.run(batch);
  ASSERT_EQ(results.size(), 5U);
  EXPECT_EQ(results[0].kind, StatementKind::insert);
  EXPECT_EQ(results[0].count, 2);
  EXPECT_THAT(results[0].rows, ::testing::IsEmpty());
  EXPECT_THAT(results[1].columns, ::testing::ElementsAre("a", "b"));
  EXPECT_EQ(results[1].count, 2);
  EXPECT_EQ(results[1].rows[1], (std::vector<Value>{std::int64_t{2}, "x"}));
  EXPECT_EQ(results[2].count, 2);
  EXPECT_EQ(results[2].rows.size(), 2U);
  EXPECT_EQ(results[3].count, 1);
  EXPECT_EQ(results[4].kind, StatementKind::pragma);
  EXPECT_EQ(results[4].count, 1);
  EXPECT_EQ(rows(), "12");
  EXPECT_FALSE(db_.in_transaction());
}

TEST_F(BatchTest, RollbackKeepsNothingOfAFailedBatch) {
  EXPECT_THAT([&] { return db_.run(with_a_bad_member()); },
              throws_error(ErrorKind::constraint, "UNIQUE constraint failed: t.a"));
  EXPECT_EQ(rows(), "");
  EXPECT_FALSE(db_.in_transaction());
}

TEST_F(BatchTest, NoMemberMayEndAnAtomicBatch) {
  for (const char* sql : {"COMMIT", "END", "ROLLBACK", "ROLLBACK TRANSACTION"}) {
    Batch batch;
    batch.add("INSERT INTO t VALUES (1)").add(sql).add("INSERT INTO t VALUES (2)");
    EXPECT_THAT([&] { return db_.run(batch); }, throws_error(ErrorKind::misuse, sql));
    EXPECT_EQ(rows(), "") << sql;
    EXPECT_FALSE(db_.in_transaction());
  }
}

TEST_F(BatchTest, NoMemberMayEndASavepointOpenedBefore) {
  Transaction transaction = db_.begin();
  db_.execute("SAVEPOINT outer_one");
  db_.execute("INSERT INTO t VALUES (7)");
  for (const char* sql : {"RELEASE outer_one", "ROLLBACK TO outer_one"}) {
    Batch batch;
    batch.add("INSERT INTO t VALUES (1)").add(sql);
    EXPECT_THAT([&] { return db_.run(batch); }, throws_error(ErrorKind::misuse, sql));
    EXPECT_EQ(rows(), "7") << sql;
  }
}

TEST_F(BatchTest, MembersMayUseSavepointsOfTheirOwn) {
  Batch batch;
  batch.add("SAVEPOINT a")
      .add("INSERT INTO t VALUES (1)")
      .add("SAVEPOINT b")
      .add("ROLLBACK TO A")
      .add("INSERT INTO t VALUES (2)")
      .add("RELEASE a");
  EXPECT_EQ(db_.run(batch).size(), 6U);
  EXPECT_EQ(rows(), "2");
}

TEST_F(BatchTest, RollbackInsideATransactionKeepsWhatWasThere) {
  Transaction transaction = db_.begin();
  db_.execute("INSERT INTO t VALUES (9)");
  EXPECT_THAT([&] { return db_.run(with_a_bad_member()); }, throws_error(ErrorKind::constraint));
  EXPECT_TRUE(transaction.active());
  Batch good;
  good.add("INSERT INTO t VALUES (3)");
  EXPECT_EQ(db_.run(good).size(), 1U);
  transaction.commit();
  EXPECT_EQ(rows(), "3\n9");
}

TEST_F(BatchTest, ARollbackBySqliteKeepsNothingOfABatch) {
  db_.execute("INSERT INTO t VALUES (1)");
  Transaction transaction = db_.begin();
  Batch batch;
  batch.add("INSERT OR ROLLBACK INTO t VALUES (1)");
  EXPECT_THAT([&] { return db_.run(batch); }, throws_error(ErrorKind::constraint));
  EXPECT_FALSE(transaction.active());
  EXPECT_EQ(rows(), "1");
}

TEST_F(BatchTest, RollbackUndoesARefusedCommit) {
  db_.execute_script(
      "CREATE TABLE parent(id PRIMARY KEY);"
      "CREATE TABLE child(p REFERENCES parent(id) DEFERRABLE INITIALLY DEFERRED)");
  Batch batch;
  batch.add("INSERT INTO t VALUES (1)").add("INSERT INTO child VALUES (1)");
  EXPECT_THAT([&] { return db_.run(batch); }, throws_error(ErrorKind::constraint));
  EXPECT_FALSE(db_.in_transaction());
  EXPECT_EQ(rows(), "");
}

TEST_F(BatchTest, ProceedRunsTheRestAfterAFailure) {
  const std::vector<BatchResult> results = db_.run(with_a_bad_member(), OnError::proceed);
  ASSERT_EQ(results.size(), 3U);
  EXPECT_FALSE(results[0].error.has_value());
  ASSERT_TRUE(results[1].error.has_value());
  EXPECT_EQ(results[1].error->kind(), ErrorKind::constraint);
  EXPECT_EQ(results[1].kind, StatementKind::insert);
  EXPECT_FALSE(results[2].error.has_value());
  EXPECT_EQ(rows(), "1\n2");
}

TEST_F(BatchTest, HaltStopsAtTheFirstFailure) {
  const std::vector<BatchResult> results = db_.run(with_a_bad_member(), OnError::halt);
  ASSERT_EQ(results.size(), 2U);
  EXPECT_TRUE(results[1].error.has_value());
  EXPECT_EQ(rows(), "1");
}

TEST_F(BatchTest, MembersAreSingleStatements) {
  Batch batch;
  batch.add("SELECT 1; SELECT 2").add("").add("SELECT ?").add("nonsense").add("SELECT 3");
  const std::vector<BatchResult> results = db_.run(batch, OnError::proceed);
  EXPECT_EQ(results[0].error->kind(), ErrorKind::invalid_argument);
  EXPECT_EQ(results[1].error->kind(), ErrorKind::invalid_argument);
  EXPECT_EQ(results[2].error->kind(), ErrorKind::invalid_argument);
  EXPECT_EQ(results[3].error->kind(), ErrorKind::error);
  EXPECT_FALSE(results[4].error.has_value());
}

TEST_F(BatchTest, AnEmptyBatchHasNoResults) {
  for (const OnError mode : {OnError::proceed, OnError::halt, OnError::rollback}) {
    EXPECT_THAT(db_.run(Batch(), mode), ::testing::IsEmpty());
  }
}

class BatchFileTest : public testing::FileTest {};

TEST_F(BatchFileTest, QueriesRunOnReadOnlyConnections) {
  Connection writer = connect();
  writer.execute("CREATE TABLE t AS SELECT 1 AS a");
  Options options;
  options.mode = OpenMode::read_only;
  Connection reader = connect(options);
  Batch batch;
  batch.add("SELECT a FROM t");
  for (const OnError mode : {OnError::proceed, OnError::halt, OnError::rollback}) {
    EXPECT_EQ(reader.run(batch, mode).at(0).count, 1);
  }
  batch.add("INSERT INTO t VALUES (2)");
  EXPECT_THAT([&] { return reader.run(batch); }, throws_error(ErrorKind::read_only));
}

// A batch that must not wait fails before any of its members has run.
TEST_F(BatchFileTest, WouldBlockComesBeforeTheFirstMember) {
  Connection one = connect();
  one.execute("CREATE TABLE t(a)");
  Connection two = connect();
  testing::session_of(two).set_write_wait(false);
  Transaction transaction = one.begin(TransactionMode::immediate);
  Batch batch;
  batch.add("SELECT 1").add("INSERT INTO t VALUES (1)");
  for (const OnError mode : {OnError::proceed, OnError::halt, OnError::rollback}) {
    EXPECT_THAT([&] { return two.run(batch, mode); }, throws_error(ErrorKind::would_block));
  }
  transaction.commit();
  EXPECT_EQ(two.run(batch, OnError::proceed).size(), 2U);
  EXPECT_EQ(testing::query(one, "SELECT count(*) FROM t"), "1");
}

}  // namespace
}  // namespace libsql
