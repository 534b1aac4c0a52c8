// Transactions and savepoints as objects and by name.
#include "libsql/transaction.h"

#include <utility>

#include <gmock/gmock.h>

#include "testing/database_test.h"
#include "testing/matchers.h"
#include "testing/session_of.h"

namespace libsql {
namespace {

using testing::throws_error;

class TransactionTest : public testing::MemoryTest {
 protected:
  TransactionTest() { db_.execute("CREATE TABLE t(a UNIQUE)"); }
  void insert(int value) { db_.execute("INSERT INTO t VALUES (?)", value); }
  std::string rows() { return query("SELECT a FROM t ORDER BY a"); }
};

TEST_F(TransactionTest, CommitKeepsAndEnds) {
  Transaction transaction = db_.begin();
  EXPECT_TRUE(transaction.active());
  EXPECT_TRUE(db_.in_transaction());
  insert(1);
  transaction.commit();
  EXPECT_FALSE(transaction.active());
  EXPECT_FALSE(db_.in_transaction());
  EXPECT_EQ(rows(), "1");
  EXPECT_THAT([&] { transaction.commit(); }, throws_error(ErrorKind::misuse));
}

TEST_F(TransactionTest, RollsBackAtTheEndOfItsScope) {
  {
    Transaction transaction = db_.begin();
    insert(1);
  }
  EXPECT_FALSE(db_.in_transaction());
  EXPECT_EQ(rows(), "");
}

TEST_F(TransactionTest, RollbackTwiceIsNoError) {
  Transaction transaction = db_.begin();
  insert(1);
  transaction.rollback();
  transaction.rollback();
  EXPECT_EQ(rows(), "");
}

TEST_F(TransactionTest, RunsInEachMode) {
  for (const TransactionMode mode : {TransactionMode::deferred, TransactionMode::immediate,
                                     TransactionMode::exclusive, TransactionMode::read_only}) {
    Transaction transaction = db_.begin(mode);
    EXPECT_EQ(rows(), "");
    transaction.commit();
  }
}

TEST_F(TransactionTest, ReadOnlyRefusesWrites) {
  Transaction transaction = db_.begin(TransactionMode::read_only);
  EXPECT_THAT([&] { insert(1); }, throws_error(ErrorKind::read_only));
  EXPECT_EQ(rows(), "");
  transaction.commit();
  insert(2);
  EXPECT_EQ(rows(), "2");
}

TEST_F(TransactionTest, DoesNotNest) {
  Transaction transaction = db_.begin();
  EXPECT_THAT([&] { return db_.begin(); },
              throws_error(ErrorKind::misuse, "cannot start a transaction within a transaction"));
  EXPECT_TRUE(transaction.active());
}

TEST_F(TransactionTest, CommitsAndSavepointsNeedATransaction) {
  EXPECT_THAT([&] { db_.commit(); }, throws_error(ErrorKind::misuse));
  EXPECT_FALSE(db_.rollback());
  EXPECT_THAT([&] { db_.savepoint("a"); }, throws_error(ErrorKind::misuse));
  EXPECT_THAT([&] { db_.release_savepoint("a"); }, throws_error(ErrorKind::misuse));
}

TEST_F(TransactionTest, NoticesWhenSqliteRollsBack) {
  insert(1);
  Transaction transaction = db_.begin();
  insert(2);
  EXPECT_THAT([&] { db_.execute("INSERT OR ROLLBACK INTO t VALUES (1)"); },
              throws_error(ErrorKind::constraint));
  EXPECT_FALSE(transaction.active());
  transaction.rollback();
  EXPECT_EQ(rows(), "1");
}

TEST_F(TransactionTest, EndingItLeavesALaterTransactionAlone) {
  Transaction first = db_.begin();
  db_.execute("ROLLBACK");
  Transaction second = db_.begin();
  insert(1);
  first.rollback();
  EXPECT_THAT([&] { first.commit(); }, throws_error(ErrorKind::misuse));
  EXPECT_TRUE(second.active());
  second.commit();
  EXPECT_EQ(rows(), "1");
}

TEST_F(TransactionTest, EachTransactionHasItsOwnSerial) {
  db_.begin_transaction(TransactionMode::deferred);
  const std::uint64_t first = db_.state().transaction;
  EXPECT_TRUE(db_.rollback());
  db_.execute("BEGIN");
  EXPECT_NE(db_.state().transaction, first);
  db_.commit();
}

TEST_F(TransactionTest, ARefusedCommitLeavesNothingOpen) {
  db_.execute_script(
      "CREATE TABLE parent(id PRIMARY KEY);"
      "CREATE TABLE child(p REFERENCES parent(id) DEFERRABLE INITIALLY DEFERRED)");
  Transaction transaction = db_.begin();
  db_.execute("INSERT INTO child VALUES (1)");
  EXPECT_THAT([&] { transaction.commit(); },
              throws_error(ErrorKind::constraint, "FOREIGN KEY constraint failed"));
  EXPECT_FALSE(db_.in_transaction());
  EXPECT_EQ(query("SELECT count(*) FROM child"), "0");
}

TEST_F(TransactionTest, MovingDoesNotEndTheTransaction) {
  Transaction outer = [&] {
    Transaction inner = db_.begin();
    insert(1);
    return inner;
  }();
  Transaction moved = std::move(outer);
  // NOLINTNEXTLINE(bugprone-use-after-move,clang-analyzer-cplusplus.Move): it is safe, we claim
  EXPECT_FALSE(outer.active());
  EXPECT_THAT([&] { outer.commit(); }, throws_error(ErrorKind::misuse));  // NOLINT: likewise
  moved.commit();
  EXPECT_EQ(rows(), "1");
}

TEST_F(TransactionTest, EndingAfterCloseIsHarmless) {
  Transaction transaction = db_.begin();
  Savepoint savepoint = transaction.savepoint("a");
  db_.close();
  EXPECT_THAT([&] { transaction.commit(); }, throws_error(ErrorKind::closed));
}

TEST_F(TransactionTest, SavepointsNest) {
  Transaction transaction = db_.begin();
  insert(1);
  Savepoint outer = transaction.savepoint("outer_point");
  insert(2);
  {
    Savepoint inner = transaction.savepoint("inner_point");
    insert(3);
  }
  EXPECT_EQ(rows(), "1\n2");
  {
    Savepoint inner = transaction.savepoint("inner_point");
    insert(4);
    inner.release();
    EXPECT_THAT([&] { inner.release(); }, throws_error(ErrorKind::misuse));
    EXPECT_THAT([&] { inner.rollback(); }, throws_error(ErrorKind::misuse));
  }
  EXPECT_EQ(rows(), "1\n2\n4");
  outer.rollback();
  insert(5);
  outer.release();
  transaction.commit();
  EXPECT_EQ(rows(), "1\n5");
}

TEST_F(TransactionTest, NestsAHundredSavepoints) {
  Transaction transaction = db_.begin();
  for (int i = 0; i < 100; ++i) {
    db_.savepoint("s" + std::to_string(i));
    insert(i);
  }
  for (int i = 99; i >= 50; --i) db_.rollback_to_savepoint("s" + std::to_string(i));
  transaction.commit();
  EXPECT_EQ(query("SELECT count(*), max(a) FROM t"), "50|49");
}

TEST_F(TransactionTest, SavepointNamesAreIdentifiers) {
  Transaction transaction = db_.begin();
  for (const std::string_view name : {"", "a b", "a\"b", "a;b", "1a"}) {
    EXPECT_THAT([&] { return transaction.savepoint(name); },
                throws_error(ErrorKind::invalid_argument));
    EXPECT_THAT([&] { db_.savepoint(name); }, throws_error(ErrorKind::invalid_argument));
    EXPECT_THAT([&] { db_.release_savepoint(name); }, throws_error(ErrorKind::invalid_argument));
    EXPECT_THAT([&] { db_.rollback_to_savepoint(name); },
                throws_error(ErrorKind::invalid_argument));
  }
  EXPECT_THAT([&] { db_.release_savepoint("unknown"); },
              throws_error(ErrorKind::error, "no such savepoint: unknown"));
  db_.savepoint("select");
  db_.release_savepoint("SELECT");
}

TEST_F(TransactionTest, SavepointsOfAnEndedTransactionDoNothing) {
  Transaction first = db_.begin();
  {
    Savepoint savepoint = first.savepoint("a");
    first.rollback();
    db_.begin_transaction(TransactionMode::deferred);
    db_.savepoint("a");
    insert(1);
  }
  db_.commit();
  EXPECT_EQ(rows(), "1");
}

TEST_F(TransactionTest, WritesAreRefusedUntilTheyAreAllowedOrTheTransactionEnds) {
  EXPECT_THAT([&] { db_.refuse_writes(); }, throws_error(ErrorKind::misuse));
  Transaction transaction = db_.begin();
  insert(1);
  EXPECT_FALSE(db_.read_only());
  db_.refuse_writes();
  db_.refuse_writes();
  db_.allow_writes();
  EXPECT_TRUE(db_.read_only());
  EXPECT_THAT([&] { insert(2); }, throws_error(ErrorKind::read_only));
  db_.allow_writes();
  insert(2);
  db_.refuse_writes();
  transaction.commit();
  insert(3);
  EXPECT_EQ(rows(), "1\n2\n3");
}

TEST_F(TransactionTest, AllowingWritesLeavesTheUsersOwnPragmaAlone) {
  db_.pragma("query_only", "1");
  Transaction transaction = db_.begin(TransactionMode::read_only);
  db_.allow_writes();
  EXPECT_TRUE(db_.read_only());
  EXPECT_THAT([&] { insert(1); }, throws_error(ErrorKind::read_only));
}

TEST_F(TransactionTest, ReportsWhichTransactionSqliteHasRolledBack) {
  EXPECT_EQ(testing::session_of(db_).auto_rolled_back(), 0);
  insert(1);
  db_.begin_transaction(TransactionMode::deferred);
  const std::uint64_t lost = db_.state().transaction;
  EXPECT_THAT([&] { db_.execute("INSERT OR ROLLBACK INTO t VALUES (1)"); },
              throws_error(ErrorKind::constraint));
  EXPECT_FALSE(db_.in_transaction());
  EXPECT_EQ(testing::session_of(db_).auto_rolled_back(), lost);

  db_.execute("BEGIN");
  db_.execute("ROLLBACK");
  Transaction next = db_.begin();
  next.commit();
  EXPECT_EQ(testing::session_of(db_).auto_rolled_back(), lost);
}

}  // namespace
}  // namespace libsql
