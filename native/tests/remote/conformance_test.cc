// The meaning of requests is the same for a local file and for a server, whatever the encoding: one
// body, run over each.
#include <chrono>
#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "libsql/database.h"
#include "server/server.h"
#include "testing/matchers.h"
#include "testing/query.h"
#include "testing/request_trace.h"
#include "testing/temporary_directory.h"

namespace libsql {
namespace {

using testing::query;
using testing::RequestTrace;
using testing::throws_error;

enum class Way { local, http_json, http_protobuf };

std::string name_of(Way way) {
  switch (way) {
    case Way::local:
      return "Local";
    case Way::http_json:
      return "HttpJson";
    case Way::http_protobuf:
      return "HttpProtobuf";
  }
  return "";
}

// How GoogleTest shows one.
// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest's name
void PrintTo(Way way, std::ostream* out) { *out << name_of(way); }

class Conformance : public ::testing::TestWithParam<Way> {
 protected:
  Conformance() { db.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE)"); }

  Connection connect() {
    if (server_ == nullptr) return Database(folder_.path()).connect();
    RemoteOptions options;
    if (GetParam() == Way::http_protobuf) options.encoding = RemoteEncoding::protobuf;
    return Database::remote(server_->url(), options).connect();
  }
  std::string trace(const Request& request, const Limits& limits = {}) {
    return RequestTrace::of(db, request, limits);
  }
  // Runs statements as one batch.
  std::string batch(const std::vector<std::string>& statements, OnError on_error) {
    Texts texts(statements);
    return trace(request::Batch{texts, on_error});
  }
  std::string rows() {
    Connection other = connect();
    return query(other, "SELECT a FROM t ORDER BY a");
  }
  [[nodiscard]] bool is_local() const { return GetParam() == Way::local; }

  class Texts final : public Commands {
   public:
    explicit Texts(const std::vector<std::string>& texts) : texts_(texts) {}
    void rewind() override { next_ = 0; }
    bool next(Command& command) override {
      if (next_ == texts_.size()) return false;
      command = {std::string_view(texts_[next_++])};
      return true;
    }

   private:
    const std::vector<std::string>& texts_;
    std::size_t next_ = 0;
  };

 private:
  testing::TemporaryDirectory folder_;
  std::unique_ptr<server::Server> server_ =
      is_local() ? nullptr : std::make_unique<server::Server>(server::Options());

 protected:
  Connection db = connect();
};

INSTANTIATE_TEST_SUITE_P(Over, Conformance,
                         ::testing::Values(Way::local, Way::http_json, Way::http_protobuf),
                         [](const auto& one) { return name_of(one.param); });

// --- Statements ---

TEST_P(Conformance, AQueryGivesColumnsAndRowsOfEveryType) {
  EXPECT_EQ(trace(request::Execute{{"SELECT 1 AS i, 2.5 AS f, 'te''xt' AS t, x'00ff' AS b, NULL AS "
                                    "n, -9223372036854775808 AS m"}}),
            "columns i f t b n m\nrow 1|2.5|'te''xt'|X'00ff'|NULL|-9223372036854775808\n"
            "done 0 1\nok");
}

TEST_P(Conformance, AWriteCountsItsRows) {
  EXPECT_EQ(trace(request::Execute{{"INSERT INTO t(a) VALUES ('x'), ('y')"}}), "done 1 2\nok");
  EXPECT_EQ(db.state().changes, 2);
  EXPECT_EQ(db.state().last_insert_rowid, 2);
  EXPECT_EQ(db.state().total_changes, 2);
  EXPECT_EQ(trace(request::Execute{{"INSERT INTO t(a) VALUES ('z') RETURNING id, a"}}),
            "columns id a\nrow 3|'z'\ndone 1 1\nok");
  EXPECT_EQ(trace(request::Execute{{"UPDATE t SET a = a || '!' WHERE id > 1"}}), "done 2 2\nok");
}

TEST_P(Conformance, AQueryWithoutRowsHasColumns) {
  EXPECT_EQ(trace(request::Execute{{"SELECT a FROM t"}}), "columns a\ndone 0 0\nok");
}

TEST_P(Conformance, ErrorsHaveTheirKindAndCode) {
  db.execute("INSERT INTO t(a) VALUES ('x')");
  EXPECT_EQ(trace(request::Execute{{"INSERT INTO t(a) VALUES ('x')"}}), "error constraint 2067");
  EXPECT_EQ(trace(request::Execute{{"SELECT * FROM missing"}}), "error error 1");
  EXPECT_EQ(trace(request::Execute{{"SELEC 1"}}), "error error 1");
  RequestTrace failed;
  failed.start(db, request::Execute{{"SELECT nope FROM t"}});
  static_cast<void>(failed.wait());
  EXPECT_EQ(failed.error.value().message(), "no such column: nope");
  EXPECT_EQ(failed.error.value().statement(), "SELECT nope FROM t");
}

TEST_P(Conformance, ATextWithoutOneStatementIsNotRun) {
  EXPECT_EQ(trace(request::Execute{{" -- nothing\n"}}), "done 14 0\nok");
  EXPECT_EQ(trace(request::Execute{{"INSERT INTO t(a) VALUES (1); SELECT 1"}}),
            "more statements\nok");
  EXPECT_EQ(rows(), "");
}

TEST_P(Conformance, ParametersAreMatchedByPositionAndByName) {
  const ValueView two[] = {1, "b"};
  PositionalParameters values(two);
  EXPECT_EQ(trace(request::Execute{{"SELECT ?, ?", &values}}),
            "columns ? ?\nrow 1|'b'\ndone 0 1\nok");
  EXPECT_EQ(trace(request::Execute{{"SELECT ?2 AS x, ?1 AS y", &values}}),
            "columns x y\nrow 'b'|1\ndone 0 1\nok");
  EXPECT_EQ(trace(request::Execute{{"SELECT :b AS x, @a AS y, :b AS z", &values}}),
            "columns x y z\nrow 1|'b'|1\ndone 0 1\nok");
  EXPECT_EQ(trace(request::Execute{{"SELECT ?", &values}}), "error invalid_argument");
  EXPECT_EQ(trace(request::Execute{{"SELECT ?"}}), "error invalid_argument");
}

class Named final : public Parameters {
 public:
  [[nodiscard]] bool by_name() const override { return true; }
  [[nodiscard]] std::span<const ValueView> values() override { return {}; }
  [[nodiscard]] bool find(std::string_view name, ValueView& value) override {
    if (name != ":a" && name != "$b") return false;
    value = name == ":a" ? ValueView(1) : ValueView("two");
    return true;
  }
};

TEST_P(Conformance, ValuesAreFoundByName) {
  Named values;
  EXPECT_EQ(trace(request::Execute{{"SELECT $b AS x, :a AS y", &values}}),
            "columns x y\nrow 'two'|1\ndone 0 1\nok");
  EXPECT_EQ(trace(request::Execute{{"SELECT :a, :c", &values}}), "error missing_parameters");
  EXPECT_EQ(trace(request::Execute{{"SELECT :a, ?", &values}}), "error positional_parameters");
}

TEST_P(Conformance, PreparedStatementsRunDescribeAndClose) {
  RequestTrace prepared;
  prepared.start(db, request::Prepare{"SELECT a, 1 AS one FROM t WHERE id = :id"});
  EXPECT_EQ(prepared.wait(), "prepared\nok");
  const StatementId id = prepared.statement;
  EXPECT_EQ(trace(request::Describe{id}), "described a:- one:- <:id>\nok");
  EXPECT_EQ(trace(request::Describe{std::string_view("SELECT id FROM t")}),
            "described id:INTEGER\nok");
  const ValueView one[] = {1};
  PositionalParameters values(one);
  EXPECT_EQ(trace(request::Execute{{id, &values}}), "columns a one\ndone 0 0\nok");
  EXPECT_EQ(trace(request::ResetStatement{id}), "ok");
  EXPECT_EQ(trace(request::CloseStatement{id}), "ok");
  EXPECT_EQ(trace(request::Execute{{id, &values}}), "error unknown_statement");
  EXPECT_EQ(trace(request::Prepare{"SELECT nope"}), "error error 1");
  EXPECT_EQ(trace(request::Prepare{"SELECT 1; SELECT 2"}), "error invalid_argument");
  EXPECT_EQ(trace(request::Check{"SELECT 1; SELECT 2"}), "more statements\nok");
}

// --- Batches ---

TEST_P(Conformance, ABatchThatProceedsReportsEachMember) {
  EXPECT_EQ(batch({"INSERT INTO t(a) VALUES (1)", "SELEC", "INSERT INTO t(a) VALUES (1)",
                   "SELECT a FROM t"},
                  OnError::proceed),
            "done 1 1\nfailed error 1\nfailed constraint 2067\ncolumns a\nrow 1\ndone 0 1\nok");
  EXPECT_EQ(rows(), "1");
}

TEST_P(Conformance, ABatchThatHaltsStopsAtTheFirstFailure) {
  EXPECT_EQ(batch({"INSERT INTO t(a) VALUES (1)", "INSERT INTO t(a) VALUES (1)",
                   "INSERT INTO t(a) VALUES (2)"},
                  OnError::halt),
            "done 1 1\nfailed constraint 2067\nok");
  EXPECT_EQ(rows(), "1");
}

TEST_P(Conformance, AnAtomicBatchKeepsAllOrNothing) {
  EXPECT_EQ(
      batch({"INSERT INTO t(a) VALUES (1)", "INSERT INTO t(a) VALUES (2)"}, OnError::rollback),
      "done 1 1\ndone 1 1\nok");
  EXPECT_EQ(batch({"INSERT INTO t(a) VALUES (3)", "INSERT INTO t(a) VALUES (1)",
                   "INSERT INTO t(a) VALUES (4)"},
                  OnError::rollback),
            "done 1 1\nfailed constraint 2067\nerror constraint 2067");
  EXPECT_EQ(rows(), "1\n2");
  EXPECT_FALSE(db.in_transaction());
}

TEST_P(Conformance, AnAtomicBatchInATransactionUndoesItselfOnly) {
  db.begin_transaction(TransactionMode::deferred);
  db.execute("INSERT INTO t(a) VALUES ('outer')");
  EXPECT_EQ(
      batch({"INSERT INTO t(a) VALUES (1)", "INSERT INTO t(a) VALUES (1)"}, OnError::rollback),
      "done 1 1\nfailed constraint 2067\nerror constraint 2067");
  EXPECT_TRUE(db.in_transaction());
  EXPECT_EQ(batch({"INSERT INTO t(a) VALUES (2)"}, OnError::rollback), "done 1 1\nok");
  db.commit();
  EXPECT_EQ(rows(), "2\n'outer'");
}

TEST_P(Conformance, AnAtomicBatchAdmitsNoEndOfItsTransaction) {
  EXPECT_THAT([&] { return db.run(Batch().add("INSERT INTO t(a) VALUES (1)").add("COMMIT")); },
              throws_error(ErrorKind::misuse, "cannot run among statements"));
  EXPECT_EQ(rows(), "");
}

TEST_P(Conformance, AScriptStopsAtItsFirstFailure) {
  EXPECT_EQ(trace(request::Script{"INSERT INTO t(a) VALUES (1); -- one\n;;"
                                  "INSERT INTO t(a) VALUES (1); INSERT INTO t(a) VALUES (2)"}),
            "done 1 1\nerror constraint 2067");
  EXPECT_EQ(rows(), "1");
  EXPECT_EQ(trace(request::Script{"CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; SELECT 2; "
                                  "END; INSERT INTO t(a) VALUES (5)",
                                  true}),
            "done 4 0\ndone 1 1\nok");
  EXPECT_EQ(trace(request::Script{"INSERT INTO t(a) VALUES (6); SELECT nope", true}),
            "done 1 1\nerror error 1");
  EXPECT_EQ(rows(), "1\n5");
}

// --- Transactions ---

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
