// Sessions that share a file: the write lock, its queue, budgets, snapshots.
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <sqlite3.h>

#include "testing/database_test.h"
#include "testing/matchers.h"
#include "testing/queue_of.h"
#include "testing/session_of.h"
#include "testing/wait.h"

namespace libsql {
namespace {

using namespace std::chrono_literals;
using testing::query;
using testing::session_of;
using testing::throws_error;
using State = WriteTicket::State;

constexpr std::string_view kInsert = "INSERT INTO t VALUES (1)";
constexpr std::string_view kSlow =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000)"
    " SELECT count(*) FROM n";

class SessionTest : public testing::FileTest {
 protected:
  SessionTest() { one_.execute("CREATE TABLE t(a)"); }
  // Waits until as many connections wait for the write lock.
  [[nodiscard]] bool writers_wait(std::size_t count) {
    return testing::eventually([&] { return queue_->waiting() == count; });
  }
  std::string count() { return query(one_, "SELECT count(*) FROM t"); }

  Connection one_ = connect();
  Connection two_ = connect();
  std::shared_ptr<local::WriterQueue> queue_ = testing::queue_of(path());
};

// --- Waiting writers ---

TEST_F(SessionTest, WritersWaitForEachOther) {
  Transaction transaction = one_.begin(TransactionMode::immediate);
  testing::Gate done;
  std::jthread writer([&] {
    two_.execute(kInsert);
    done.open();
  });
  EXPECT_TRUE(writers_wait(1));
  EXPECT_FALSE(done.is_open());
  transaction.commit();
  EXPECT_TRUE(done.wait());
  writer.join();
  EXPECT_EQ(two_.stats().write_waits, 1U);
  EXPECT_EQ(one_.stats().write_waits, 0U);
}

TEST_F(SessionTest, ManyThreadsWriteWithoutBusyErrors) {
  constexpr int kThreads = 8;
  constexpr int kTransactions = 50;
  std::atomic<int> failures{0};
  std::vector<std::jthread> threads;
  threads.reserve(kThreads);
  for (int id = 0; id < kThreads; ++id) {
    threads.emplace_back([&] {
      Connection connection = connect();
      for (int i = 0; i < kTransactions; ++i) {
        try {
          Transaction transaction =
              connection.begin(i % 2 == 0 ? TransactionMode::immediate : TransactionMode::deferred);
          connection.execute("INSERT INTO t VALUES (?)", i);
          transaction.commit();
          connection.execute("UPDATE t SET a = a + 1 WHERE rowid = last_insert_rowid()");
        } catch (const Error& error) {
          ++failures;
          ADD_FAILURE() << error.what();
        }
      }
    });
  }
  threads.clear();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(count(), std::to_string(kThreads * kTransactions));
  EXPECT_EQ(query(one_, "PRAGMA integrity_check"), "'ok'");
}

TEST_F(SessionTest, TheLockIsGivenInTheOrderOfAsking) {
  constexpr int kWriters = 6;
  Transaction transaction = one_.begin(TransactionMode::immediate);
  std::vector<Connection> connections;
  connections.reserve(kWriters);
  for (int i = 0; i < kWriters; ++i) connections.push_back(connect());
  std::vector<std::jthread> threads;
  threads.reserve(kWriters);
  for (int i = 0; i < kWriters; ++i) {
    Connection& connection = connections[static_cast<std::size_t>(i)];
    threads.emplace_back([&connection, i] { connection.execute("INSERT INTO t VALUES (?)", i); });
    ASSERT_TRUE(writers_wait(threads.size()));
  }
  transaction.commit();
  threads.clear();
  EXPECT_EQ(query(one_, "SELECT group_concat(a) FROM (SELECT a FROM t ORDER BY rowid)"),
            "'0,1,2,3,4,5'");
}

TEST_F(SessionTest, WaitingEndsAfterTheBusyTimeout) {
  Transaction transaction = one_.begin(TransactionMode::immediate);
  two_.set_busy_timeout(30ms);
  EXPECT_EQ(two_.busy_timeout(), 30ms);
  EXPECT_THAT([&] { two_.execute(kInsert); }, throws_error(ErrorKind::busy, "database is locked"));
  // The longest timeout of SQLite; the deadline ends the wait.
  two_.set_busy_timeout(std::chrono::milliseconds::max());
  EXPECT_EQ(two_.busy_timeout(), std::chrono::milliseconds(2'147'483'647));
  two_.set_deadline(std::chrono::steady_clock::now() + 20ms);
  EXPECT_THAT([&] { two_.execute(kInsert); }, throws_error(ErrorKind::timeout));
  two_.set_deadline(std::nullopt);
  two_.set_busy_timeout(-1ms);
  EXPECT_EQ(two_.busy_timeout(), 0ms);
  two_.set_busy_timeout(0ms);
  EXPECT_THAT([&] { two_.execute(kInsert); }, throws_error(ErrorKind::busy));
  transaction.commit();
  EXPECT_EQ(two_.execute(kInsert), 1);
}

TEST_F(SessionTest, WaitingEndsAtTheDeadline) {
  Transaction transaction = one_.begin(TransactionMode::immediate);
  two_.set_deadline(std::chrono::steady_clock::now() + 30ms);
  EXPECT_THAT([&] { two_.execute(kInsert); }, throws_error(ErrorKind::timeout));
  two_.set_deadline(std::nullopt);
  transaction.rollback();
  EXPECT_EQ(two_.execute(kInsert), 1);
}

TEST_F(SessionTest, InterruptEndsTheWait) {
  Transaction transaction = one_.begin(TransactionMode::immediate);
  std::jthread stopper([&] {
    if (writers_wait(1)) two_.interrupt();
  });
  EXPECT_THAT([&] { two_.execute(kInsert); }, throws_error(ErrorKind::interrupted));
  stopper.join();
  transaction.commit();
  EXPECT_EQ(two_.execute(kInsert), 1);
}

// The other connection is outside of the queue, as another program is.
TEST_F(SessionTest, TheBusyTimeoutHoldsOverTheQueueAndTheBusyHandlerTogether) {
  sqlite3* raw = nullptr;
  ASSERT_EQ(sqlite3_open(path().c_str(), &raw), SQLITE_OK);
  const local::DbHandle other_program(raw);
  ASSERT_EQ(sqlite3_exec(raw, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  ASSERT_TRUE(queue_->try_acquire());
  two_.set_busy_timeout(1000ms);
  std::jthread gives_the_turn_back([this] {
    std::this_thread::sleep_for(800ms);
    queue_->release();
  });
  const auto began = std::chrono::steady_clock::now();
  EXPECT_THAT([&] { two_.execute(kInsert); }, throws_error(ErrorKind::busy, "database is locked"));
  const auto waited = std::chrono::steady_clock::now() - began;
  EXPECT_GE(waited, 990ms);
  EXPECT_LT(waited, 1600ms);  // Not 800 ms for the turn and 1,000 ms more for the lock.
}

TEST_F(SessionTest, DeferredTransactionsTakeTheLockWhenTheyWrite) {
  Transaction first = one_.begin();
  Transaction second = two_.begin();
  EXPECT_EQ(count(), "0");
  one_.execute(kInsert);
  two_.set_busy_timeout(10ms);
  EXPECT_THAT([&] { two_.execute(kInsert); }, throws_error(ErrorKind::busy));
  first.commit();
  two_.set_busy_timeout(5000ms);
  EXPECT_TRUE(second.active());
  EXPECT_EQ(two_.execute(kInsert), 1);
}

TEST_F(SessionTest, AnOutdatedSnapshotCannotBeUpgraded) {
  Transaction reader = two_.begin();
  EXPECT_EQ(query(two_, "SELECT count(*) FROM t"), "0");
  one_.execute(kInsert);
  try {
    two_.execute(kInsert);
    FAIL() << "wrote on top of an old snapshot";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::busy);
    EXPECT_EQ(error.extended_code(), SQLITE_BUSY_SNAPSHOT);
    EXPECT_EQ(error.recovery(), (Recovery{.retryable = true}));
  }
  reader.rollback();
  EXPECT_EQ(two_.execute(kInsert), 1);
  EXPECT_EQ(one_.execute(kInsert), 1);  // the failed upgrade keeps no lock
}

TEST_F(SessionTest, AFailedStatementReleasesTheLock) {
  one_.execute("CREATE UNIQUE INDEX i ON t(a)");
  one_.execute(kInsert);
  EXPECT_THAT([&] { one_.execute(kInsert); }, throws_error(ErrorKind::constraint));
  two_.set_busy_timeout(0ms);
  EXPECT_EQ(two_.execute("INSERT INTO t VALUES (2)"), 1);
}

TEST_F(SessionTest, DestroyedConnectionsReleaseTheLock) {
  {
    Connection passing = connect();
    passing.begin_transaction(TransactionMode::immediate);
    passing.execute(kInsert);
  }
  two_.set_busy_timeout(0ms);
  EXPECT_EQ(two_.execute(kInsert), 1);
  EXPECT_EQ(count(), "1");
}

TEST_F(SessionTest, AnUnfinishedWritingStatementHoldsTheLock) {
  Statement returning = one_.prepare("INSERT INTO t VALUES (1), (2) RETURNING a");
  ASSERT_EQ(returning.step(), Step::row);
  two_.set_busy_timeout(10ms);
  EXPECT_THAT([&] { two_.execute(kInsert); }, throws_error(ErrorKind::busy));
  while (returning.step() == Step::row) {
  }
  EXPECT_EQ(two_.execute(kInsert), 1);
}

// --- Callers that do not block ---

TEST_F(SessionTest, WithoutWaitingAWriteWouldBlock) {
  Transaction transaction = one_.begin(TransactionMode::immediate);
  session_of(two_).set_write_wait(false);
  EXPECT_THAT([&] { two_.execute(kInsert); }, throws_error(ErrorKind::would_block));
  EXPECT_THAT([&] { two_.begin_transaction(TransactionMode::immediate); },
              throws_error(ErrorKind::would_block));
  EXPECT_THAT([&] { two_.execute("BEGIN IMMEDIATE"); }, throws_error(ErrorKind::would_block));
  EXPECT_FALSE(two_.in_transaction());
  EXPECT_EQ(query(two_, "SELECT count(*) FROM t"), "0");
  transaction.commit();
  EXPECT_EQ(two_.execute(kInsert), 1);
}

TEST_F(SessionTest, TicketsAreGrantedWhenTheLockIsFree) {
  Transaction transaction = one_.begin(TransactionMode::immediate);
  session_of(two_).set_write_wait(false);
  testing::Gate granted;
  const auto ticket = session_of(two_).queue_for_write([&] { granted.open(); });
  EXPECT_EQ(ticket->state(), State::waiting);
  EXPECT_FALSE(granted.is_open());
  transaction.commit();
  EXPECT_TRUE(granted.wait());
  EXPECT_EQ(ticket->state(), State::granted);
  session_of(one_).set_write_wait(false);
  EXPECT_THAT([&] { one_.execute(kInsert); }, throws_error(ErrorKind::would_block));
  EXPECT_EQ(two_.execute(kInsert), 1);
  EXPECT_EQ(one_.execute(kInsert), 1);
}

TEST_F(SessionTest, AGrantedTicketServesAWholeTransaction) {
  const auto ticket = session_of(two_).queue_for_write([] {});
  EXPECT_EQ(ticket->state(), State::granted);
  two_.begin_transaction(TransactionMode::immediate);
  two_.execute(kInsert);
  session_of(one_).set_write_wait(false);
  EXPECT_THAT([&] { one_.execute(kInsert); }, throws_error(ErrorKind::would_block));
  two_.commit();
  EXPECT_EQ(one_.execute(kInsert), 1);
}

TEST_F(SessionTest, CancelledAndDroppedTicketsReleaseTheLock) {
  session_of(one_).set_write_wait(false);
  auto ticket = session_of(two_).queue_for_write([] {});
  EXPECT_THAT([&] { one_.execute(kInsert); }, throws_error(ErrorKind::would_block));
  EXPECT_EQ(ticket->cancel(), State::granted);
  EXPECT_EQ(one_.execute(kInsert), 1);
  ticket = session_of(two_).queue_for_write([] {});
  ticket.reset();
  EXPECT_EQ(one_.execute(kInsert), 1);
}

TEST_F(SessionTest, WaitingTicketsCanBeCancelledFromAnywhere) {
  Transaction transaction = one_.begin(TransactionMode::immediate);
  testing::Gate granted;
  const auto ticket = session_of(two_).queue_for_write([&] { granted.open(); });
  std::jthread([&] { EXPECT_EQ(ticket->cancel(), State::waiting); }).join();
  transaction.commit();
  EXPECT_FALSE(granted.is_open());
  EXPECT_EQ(ticket->state(), State::cancelled);
  EXPECT_EQ(one_.execute(kInsert), 1);
}

TEST_F(SessionTest, AClosedConnectionLeavesTheQueue) {
  Transaction transaction = one_.begin(TransactionMode::immediate);
  auto ticket = session_of(two_).queue_for_write([] {});
  two_.close();
  ticket.reset();
  transaction.commit();
  session_of(one_).set_write_wait(false);
  EXPECT_EQ(one_.execute(kInsert), 1);
}

TEST_F(SessionTest, TryWriteTakesAFreeLock) {
  EXPECT_TRUE(session_of(two_).try_write());
  EXPECT_TRUE(session_of(two_).try_write());
  EXPECT_FALSE(session_of(one_).try_write());
  session_of(two_).release_write();
  EXPECT_TRUE(session_of(one_).try_write());
  EXPECT_EQ(one_.execute(kInsert), 1);
  EXPECT_TRUE(session_of(two_).try_write());
  session_of(two_).release_write();
}

TEST_F(SessionTest, HoldWriteKeepsTheLockBetweenStatements) {
  session_of(one_).hold_write();
  one_.execute(kInsert);
  session_of(two_).set_write_wait(false);
  EXPECT_THAT([&] { two_.execute(kInsert); }, throws_error(ErrorKind::would_block));
  one_.execute(kInsert);
  session_of(one_).release_write();
  EXPECT_EQ(two_.execute(kInsert), 1);
}

TEST_F(SessionTest, HoldWriteFailsAsAWriteDoes) {
  Transaction transaction = one_.begin(TransactionMode::immediate);
  session_of(two_).set_write_wait(false);
  EXPECT_THAT([&] { session_of(two_).hold_write(); }, throws_error(ErrorKind::would_block));
  session_of(two_).set_write_wait(true);
  two_.set_busy_timeout(10ms);
  EXPECT_THAT([&] { session_of(two_).hold_write(); }, throws_error(ErrorKind::busy));
  transaction.commit();
  EXPECT_EQ(one_.execute(kInsert), 1);
}

TEST_F(SessionTest, BudgetsStopLongQueries) {
  session_of(one_).set_budget(500us);
  EXPECT_THAT([&] { return query(one_, kSlow); }, throws_error(ErrorKind::would_block));
  session_of(one_).set_budget(std::nullopt);
  EXPECT_EQ(query(one_, kSlow), "3000000");
}

TEST_F(SessionTest, BudgetsLeaveShortStatementsAlone) {
  session_of(one_).set_budget(1s);
  EXPECT_EQ(query(one_, "SELECT 1"), "1");
  EXPECT_EQ(one_.execute(kInsert), 1);
  session_of(one_).set_budget(std::nullopt);
}

// SQLite looks at the budget every so many instructions of a compiled statement's whole life, the
// last time after the commit.
TEST_F(SessionTest, ASpentBudgetDoesNotReportACommitThatHappenedAsStopped) {
  for (int i = 0; i < 200; ++i) {
    session_of(one_).set_budget(0us);
    ASSERT_NO_THROW(one_.begin_transaction(TransactionMode::immediate)) << i;
    session_of(one_).set_budget(std::nullopt);
    one_.execute(kInsert);
    session_of(one_).set_budget(0us);
    ASSERT_NO_THROW(one_.savepoint("s")) << i;
    ASSERT_NO_THROW(one_.release_savepoint("s")) << i;
    ASSERT_NO_THROW(one_.commit()) << i;
    session_of(one_).set_budget(std::nullopt);
  }
  EXPECT_EQ(query(two_, "SELECT count(*) FROM t"), "200");
}

TEST_F(SessionTest, AWriteThatIsReportedAsStoppedLeavesNoRow) {
  Options options;
  options.progress_steps = 1;
  Connection writer = connect(options);
  int written = 0;
  int stopped = 0;
  for (int i = 0; i < 2000; ++i) {
    writer.set_deadline(std::chrono::steady_clock::now() + std::chrono::microseconds(i % 100));
    try {
      written += static_cast<int>(writer.execute(kInsert));
    } catch (const Error& error) {
      ASSERT_EQ(error.kind(), ErrorKind::timeout);
      ++stopped;
    }
  }
  EXPECT_GT(written, 0);
  EXPECT_GT(stopped, 0);
  EXPECT_EQ(query(one_, "SELECT count(*) FROM t"), std::to_string(written));
}

TEST_F(SessionTest, ABudgetedWriteWouldBlockInsteadOfWaiting) {
  Transaction transaction = one_.begin(TransactionMode::immediate);
  session_of(two_).set_budget(1s);
  EXPECT_THAT([&] { two_.execute(kInsert); }, throws_error(ErrorKind::would_block));
  session_of(two_).set_budget(std::nullopt);
  transaction.commit();
  EXPECT_EQ(two_.execute(kInsert), 1);
}

// --- Other kinds of databases ---

// Three threads write at the same time, each on a connection of its own.
void expect_writers_take_turns(const Database& database) {
  constexpr int kInserts = 30;
  Connection setup = database.connect();
  setup.execute("CREATE TABLE t(a)");
  std::vector<std::jthread> threads;
  threads.reserve(3);
  for (int id = 0; id < 3; ++id) {
    threads.emplace_back([&] {
      Connection connection = database.connect();
      for (int i = 0; i < kInserts; ++i) EXPECT_EQ(connection.execute(kInsert), 1);
    });
  }
  threads.clear();
  EXPECT_EQ(query(setup, "SELECT count(*) FROM t"), std::to_string(3 * kInserts));
}

TEST_F(SessionTest, WritersTakeTurnsInRollbackModeToo) {
  Options options;
  options.journal_mode = "delete";
  expect_writers_take_turns(Database(path("delete.db"), options));
}

TEST_F(SessionTest, WritersOfSharedMemoryTakeTurns) {
  expect_writers_take_turns(Database(Database::shared_memory("session_test_turns")));
}

TEST_F(SessionTest, AttachedFilesAreWrittenToo) {
  one_.execute("ATTACH ? AS other", path("other.db"));
  one_.execute("CREATE TABLE other.t2(a)");
  Transaction transaction = one_.begin();
  one_.execute(kInsert);
  one_.execute("INSERT INTO other.t2 VALUES (5)");
  transaction.commit();
  EXPECT_EQ(query(one_, "SELECT count(*), (SELECT a FROM other.t2) FROM t"), "1|5");
  one_.execute("DETACH other");
  EXPECT_THAT([&] { one_.execute("SELECT * FROM other.t2"); }, throws_error(ErrorKind::error));
}

}  // namespace
}  // namespace libsql
