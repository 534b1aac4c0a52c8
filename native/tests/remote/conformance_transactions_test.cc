// Transactions, cursors and interruption, over a local file and over servers.
#include <chrono>
#include <cstdint>
#include <string_view>
#include <thread>

#include <gtest/gtest.h>

#include "tests/remote/conformance.h"

namespace libsql {
namespace {

using testing::query;
using testing::RequestTrace;

TEST_P(Conformance, ATransactionKeepsItsWritesUntilItsCommit) {
  EXPECT_EQ(trace(request::Begin{TransactionMode::immediate}), "ok");
  db.execute("INSERT INTO t(a) VALUES (1)");
  EXPECT_EQ(query(db, "SELECT a FROM t"), "1");
  EXPECT_EQ(rows(), "");
  EXPECT_EQ(trace(request::Commit{}), "ok");
  EXPECT_EQ(rows(), "1");
  EXPECT_EQ(trace(request::Commit{}), "error misuse 1");
}

TEST_P(Conformance, ARolledBackTransactionLeavesNothing) {
  db.begin_transaction(TransactionMode::deferred);
  db.execute("INSERT INTO t(a) VALUES (1)");
  EXPECT_EQ(trace(request::Begin{}), "error misuse 1");
  EXPECT_EQ(trace(request::Rollback{}), "done 9 1\nok");
  EXPECT_EQ(trace(request::Rollback{}), "done 9 0\nok");
  EXPECT_EQ(rows(), "");
}

TEST_P(Conformance, AFailedStatementLeavesItsTransactionOpen) {
  db.begin_transaction(TransactionMode::deferred);
  EXPECT_EQ(trace(request::Execute{{"SELEC"}}), "error error 1");
  EXPECT_TRUE(db.in_transaction());
  db.execute("INSERT INTO t(a) VALUES (1)");
  EXPECT_EQ(trace(request::Execute{{"INSERT INTO t(a) VALUES (1)"}}), "error constraint 2067");
  EXPECT_EQ(trace(request::Execute{{"SELEC"}}), "error error 1");
  EXPECT_TRUE(db.in_transaction());
  db.commit();
  EXPECT_EQ(rows(), "1");
}

TEST_P(Conformance, NothingRunsOutsideOfATransactionThatWasLost) {
  db.begin_transaction(TransactionMode::deferred);
  const Limits limits{{}, {}, db.state().transaction, false};
  db.execute("INSERT INTO t(a) VALUES (1)");
  EXPECT_EQ(trace(request::Execute{{"INSERT OR ROLLBACK INTO t(a) VALUES (1)"}}, limits),
            "error constraint 2067 lost");
  EXPECT_FALSE(db.in_transaction());
  EXPECT_EQ(trace(request::Execute{{"INSERT INTO t(a) VALUES (2)"}}, limits),
            "error misuse 516 lost");
  EXPECT_EQ(rows(), "");
}

TEST_P(Conformance, ABatchEndsWithTheLossOfItsTransaction) {
  db.begin_transaction(TransactionMode::deferred);
  EXPECT_EQ(batch({"INSERT INTO t(a) VALUES (1)", "INSERT OR ROLLBACK INTO t(a) VALUES (1)",
                   "INSERT INTO t(a) VALUES (2)"},
                  OnError::proceed),
            "done 1 1\nfailed constraint 2067 lost\nerror constraint 2067 lost");
  EXPECT_EQ(rows(), "");
}

TEST_P(Conformance, ARequestForAnotherTransactionIsRefused) {
  const Limits limits{{}, {}, std::uint64_t{77}, false};
  EXPECT_EQ(trace(request::Status{}, limits), "error unknown_transaction");
  EXPECT_EQ(trace(request::Execute{{"INSERT INTO t(a) VALUES (2)"}}, limits),
            "error unknown_transaction");
  EXPECT_EQ(rows(), "");
}

TEST_P(Conformance, SavepointsNestAndUndo) {
  db.begin_transaction(TransactionMode::deferred);
  db.savepoint("one");
  db.execute("INSERT INTO t(a) VALUES (1)");
  db.savepoint("two");
  db.execute("INSERT INTO t(a) VALUES (2)");
  db.rollback_to_savepoint("two");
  db.release_savepoint("two");
  db.savepoint("three");
  db.rollback_to_savepoint("three");
  db.release_savepoint("three");
  EXPECT_EQ(trace(request::Savepoint{SavepointOp::release, "three"}), "error error 1");
  db.release_savepoint("ONE");
  db.commit();
  EXPECT_EQ(rows(), "1");
  EXPECT_EQ(trace(request::Savepoint{SavepointOp::open, "s"}), "error misuse");
  EXPECT_EQ(trace(request::Savepoint{SavepointOp::open, "s t"}), "error invalid_argument");
}

TEST_P(Conformance, TransactionControlMayComeAsText) {
  db.execute("BEGIN");
  EXPECT_TRUE(db.in_transaction());
  db.execute("INSERT INTO t(a) VALUES (1)");
  EXPECT_EQ(rows(), "");
  db.execute("COMMIT");
  EXPECT_FALSE(db.in_transaction());
  EXPECT_EQ(rows(), "1");
  db.execute("SAVEPOINT s");
  EXPECT_TRUE(db.in_transaction());
  db.execute("INSERT INTO t(a) VALUES (2)");
  db.execute("ROLLBACK");
  EXPECT_FALSE(db.in_transaction());
  EXPECT_EQ(trace(request::Script{"BEGIN; INSERT INTO t(a) VALUES (3); COMMIT;"}),
            "done 7 0\ndone 1 1\ndone 8 0\nok");
  EXPECT_FALSE(db.in_transaction());
  EXPECT_EQ(rows(), "1\n3");
}

TEST_P(Conformance, ADeferredForeignKeyFailsTheCommit) {
  db.execute("PRAGMA foreign_keys = ON");
  db.execute("CREATE TABLE c(p REFERENCES t(id) DEFERRABLE INITIALLY DEFERRED)");
  db.begin_transaction(TransactionMode::deferred);
  db.execute("INSERT INTO c VALUES (99)");
  EXPECT_EQ(trace(request::Commit{}), "error constraint 787 lost");
  EXPECT_FALSE(db.in_transaction());
  EXPECT_EQ(query(db, "SELECT count(*) FROM c"), "0");
}

// A server ran it in autocommit.
TEST_P(Conformance, NothingRunsBehindTheEndOfTheTransactionThatTheRequestNames) {
  const auto begun = [&] {
    RequestTrace begin;
    begin.start(db, request::Begin{});
    EXPECT_EQ(begin.wait(), "ok");
    Limits limits;
    limits.transaction = begin.state.transaction;
    return limits;
  };
  EXPECT_EQ(trace(request::Script{"INSERT INTO t(a) VALUES (1); COMMIT; INSERT INTO t(a) VALUES "
                                  "(2); INSERT INTO t(a) VALUES (3)"},
                  begun()),
            "done 1 1\ndone 8 0\nerror unknown_transaction");
  EXPECT_FALSE(db.in_transaction());
  Texts members(
      {"INSERT INTO t(a) VALUES (4)", "ROLLBACK", "INSERT INTO t(a) VALUES (5)", "BEGIN"});
  EXPECT_EQ(trace(request::Batch{members, OnError::proceed}, begun()),
            "done 1 1\ndone 9 0\nfailed unknown_transaction\nfailed unknown_transaction\nok");
  EXPECT_FALSE(db.in_transaction());
  EXPECT_EQ(rows(), "1");
}

// A caller that names none may control transactions by text.
TEST_P(Conformance, WithoutANamedTransactionATextMayEndOneAndGoOn) {
  db.begin_transaction(TransactionMode::deferred);
  EXPECT_EQ(
      trace(request::Script{"INSERT INTO t(a) VALUES (1); COMMIT; INSERT INTO t(a) VALUES (2)"}),
      "done 1 1\ndone 8 0\ndone 1 1\nok");
  EXPECT_EQ(rows(), "1\n2");
}

TEST_P(Conformance, WritesCanBeRefusedForATime) {
  EXPECT_EQ(trace(request::Begin{TransactionMode::read_only}), "ok");
  EXPECT_TRUE(db.read_only());
  EXPECT_EQ(trace(request::Execute{{"INSERT INTO t(a) VALUES (1)"}}), "error read_only 8");
  EXPECT_EQ(trace(request::Writes{WriteRule::allow}), "ok");
  EXPECT_EQ(trace(request::Execute{{"INSERT INTO t(a) VALUES (1)"}}), "done 1 1\nok");
  db.commit();
  EXPECT_FALSE(db.read_only());
  EXPECT_EQ(trace(request::Writes{WriteRule::refuse}).substr(0, 12), "error misuse");
}

TEST_P(Conformance, AResetRollsBackAndClosesCursors) {
  db.begin_transaction(TransactionMode::deferred);
  db.execute("INSERT INTO t(a) VALUES (1)");
  EXPECT_EQ(trace(request::Reset{}), "ok");
  EXPECT_FALSE(db.in_transaction());
  EXPECT_EQ(rows(), "");
}

// --- Cursors ---

constexpr std::string_view kNumbers =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT i FROM n";

TEST_P(Conformance, ACursorGivesItsRowsInPortions) {
  RequestTrace opened;
  opened.start(db, request::OpenCursor{{kNumbers}});
  EXPECT_EQ(opened.wait(), "opened\nok");
  EXPECT_EQ(trace(request::Fetch{opened.cursor, 3}),
            "columns i\nrow 1\nrow 2\nrow 3\nportion 3\nok");
  EXPECT_EQ(trace(request::Fetch{opened.cursor, 3}), "columns i\nrow 4\nrow 5\nportion 2 last\nok");
  EXPECT_EQ(trace(request::Fetch{opened.cursor, 3}), "columns i\nportion 0 last\nok");
  EXPECT_EQ(trace(request::CloseCursor{opened.cursor}), "ok");
  EXPECT_EQ(trace(request::Fetch{opened.cursor, 3}), "error unknown_cursor");
  EXPECT_EQ(trace(request::OpenCursor{{"SELECT nope FROM t"}}), "error error 1");
}

// A server's first rows came as a portion of their own, so that the last one was told one later.
TEST_P(Conformance, APortionIsFullUnlessItIsTheLast) {
  for (const int rows : {0, 3, 100, 500, 511, 512, 513, 1100}) {
    for (const int portion : {100, 500, 512, 600, 2000}) {
      const std::string sql =
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
          "SELECT 7 FROM n LIMIT " +
          std::to_string(rows);
      RequestTrace opened;
      opened.start(db, request::OpenCursor{{std::string_view(sql)}});
      ASSERT_EQ(opened.wait(), "opened\nok");
      for (int left = rows;; left -= portion) {
        const std::string answer =
            trace(request::Fetch{opened.cursor, static_cast<std::size_t>(portion)});
        const std::string end = left < portion ? "portion " + std::to_string(left) + " last\nok"
                                               : "portion " + std::to_string(portion) + "\nok";
        EXPECT_TRUE(answer.ends_with('\n' + end)) << rows << " in " << portion;
        if (left < portion) break;
      }
      EXPECT_EQ(trace(request::CloseCursor{opened.cursor}), "ok");
    }
  }
}

TEST_P(Conformance, OtherStatementsRunBetweenTwoPortionsOfATransactionsCursor) {
  db.begin_transaction(TransactionMode::deferred);
  Cursor cursor = db.open_cursor(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
      "SELECT i FROM n");
  std::int64_t sum = 0;
  while (const auto row = cursor.next()) {
    sum += (*row)[0].integer();
    if ((*row)[0].integer() % 1000 == 0) db.execute("INSERT INTO t(a) VALUES (?)", sum);
  }
  db.commit();
  EXPECT_EQ(sum, 4501500);
  EXPECT_EQ(rows(), "500500\n2001000\n4501500");
}

TEST_P(Conformance, ACursorEndsWithItsTransaction) {
  db.begin_transaction(TransactionMode::deferred);
  RequestTrace opened;
  opened.start(db, request::OpenCursor{{kNumbers}});
  EXPECT_EQ(opened.wait(), "opened\nok");
  db.rollback();
  EXPECT_EQ(trace(request::Fetch{opened.cursor, 3}), "error unknown_cursor");
}

// --- Stopping ---

constexpr std::string_view kEndless =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

TEST_P(Conformance, ADeadlineEndsAQuery) {
  Limits limits;
  limits.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(30);
  EXPECT_EQ(trace(request::Execute{{kEndless}}, limits).substr(0, 13), "error timeout");
  EXPECT_EQ(query(db, "SELECT 1"), "1");
}

TEST_P(Conformance, AnInterruptEndsAQuery) {
  std::jthread interrupter([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      db.interrupt();
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  EXPECT_EQ(trace(request::Execute{{kEndless}}).substr(0, 17), "error interrupted");
  interrupter.request_stop();
  interrupter.join();
  EXPECT_EQ(query(db, "SELECT 1"), "1");
}

TEST_P(Conformance, AClosedConnectionAnswersNothing) {
  db.close();
  EXPECT_EQ(trace(request::Status{}).substr(0, 12), "error closed");
  EXPECT_FALSE(db.is_open());
}

}  // namespace
}  // namespace libsql
