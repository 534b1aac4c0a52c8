// Requests on a local session: what start() answers within limits, and what the receiver hears.
#include <chrono>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>

#include "libsql/sql.h"
#include "testing/database_test.h"
#include "testing/wait.h"

namespace libsql {
namespace {

using namespace std::chrono_literals;
using testing::query;

constexpr std::string_view kEndless =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

// Writes down what it hears.
class Recorder final : public Receiver {
 public:
  void columns(std::span<const std::string_view> names) override {
    text_ += "columns";
    for (const std::string_view name : names) text_ += " " + std::string(name);
    text_ += ";";
  }
  bool row(std::span<const ValueView> values) override {
    text_ += "row";
    for (const ValueView& value : values) text_ += " " + quote_value(value);
    text_ += ";";
    if (on_row) on_row();
    return !full;
  }
  void done(StatementKind /*kind*/, std::int64_t count) override {
    text_ += "done " + std::to_string(count) + ";";
  }
  void failed(const Error& error) override {
    text_ += "failed " + std::string(to_string(error.kind())) + ";";
  }
  void has_more_statements() override { text_ += "more;"; }
  void prepared(StatementId id) override {
    statement = id;
    if (throws) throw std::bad_alloc();
  }
  void opened(CursorId id) override {
    cursor = id;
    if (throws) throw std::bad_alloc();
  }
  void described(const StatementDescription& description) override {
    for (const ColumnInfo& column : description.columns) text_ += "column " + column.name + ";";
    for (const std::string& name : description.parameters) text_ += "parameter " + name + ";";
  }
  void portion(std::int64_t rows, bool last) override {
    text_ += "portion " + std::to_string(rows) + (last ? " last;" : ";");
  }
  void finished(const Error* error, const SessionState& reported) noexcept override {
    text_ += error == nullptr ? "finished" : std::string(to_string(error->kind()));
    state = reported;
  }
  std::function<void()> on_turn() override {
    return [this] { granted.open(); };
  }
  void queued(const std::shared_ptr<WriteTicket>& granted_place) override { place = granted_place; }
  [[nodiscard]] std::string text() { return std::exchange(text_, {}); }

  bool full = false;
  bool throws = false;
  std::function<void()> on_row;
  StatementId statement{};
  CursorId cursor{};
  SessionState state;
  testing::Gate granted;
  std::shared_ptr<WriteTicket> place;

 private:
  std::string text_;
};

// Values by name, e.g. {":a", 1}.
class Named final : public Parameters {
 public:
  explicit Named(std::vector<std::pair<std::string, Value>> values) : values_(std::move(values)) {}
  bool by_name() const override { return true; }
  std::span<const ValueView> values() override { return {}; }
  bool find(std::string_view name, ValueView& value) override {
    for (const auto& [key, owned] : values_) {
      if (key != name) continue;
      value = ValueView(owned);
      return true;
    }
    return false;
  }

 private:
  std::vector<std::pair<std::string, Value>> values_;
};

class Texts final : public Commands {
 public:
  explicit Texts(std::vector<std::string> texts) : texts_(std::move(texts)) {}
  void rewind() override { next_ = 0; }
  bool next(Command& command) override {
    if (next_ == texts_.size()) return false;
    command = {std::string_view(texts_[next_++])};
    return true;
  }

 private:
  std::vector<std::string> texts_;
  std::size_t next_ = 0;
};

class RequestTest : public testing::FileTest {
 protected:
  RequestTest() {
    db_.execute_script("CREATE TABLE t(a PRIMARY KEY); INSERT INTO t VALUES (1), (2)");
  }

  // What start() answers, and what the receiver has heard.
  std::string run(const Request& request, const Limits& limits = {}) {
    const Started started = db_.start(request, limits, recorder_);
    const std::string text = recorder_.text();
    switch (started) {
      case Started::finished:
        return text;
      case Started::pending:
        return "pending";
      case Started::queued:
        return "queued";
      case Started::would_block:
        return "would_block";
    }
    return "";
  }
  std::string execute(std::string_view sql, const Limits& limits = {}) {
    return run(request::Execute{{sql}}, limits);
  }
  static Limits bounded() {
    Limits limits;
    limits.budget = 1s;
    return limits;
  }

  Connection db_ = connect();
  Recorder recorder_;
};

TEST_F(RequestTest, AQueryTellsItsColumnsItsRowsAndTheirNumber) {
  EXPECT_EQ(execute("SELECT a, a * 2 AS twice FROM t"),
            "columns a twice;row 1 2;row 2 4;done 2;finished");
  EXPECT_EQ(execute("SELECT a FROM t WHERE a > 9"), "columns a;done 0;finished");
  EXPECT_EQ(execute("INSERT INTO t VALUES (3)"), "done 1;finished");
  EXPECT_EQ(execute("DELETE FROM t WHERE a > 2 RETURNING a"), "columns a;row 3;done 1;finished");
  EXPECT_EQ(execute(" -- nothing"), "done 0;finished");
}

TEST_F(RequestTest, ATextWithSeveralStatementsRunsNone) {
  EXPECT_EQ(execute("INSERT INTO t VALUES (3); SELECT 1"), "more;finished");
  EXPECT_EQ(query(db_, "SELECT count(*) FROM t"), "2");
}

TEST_F(RequestTest, AFailureIsTheLastThatIsTold) {
  EXPECT_EQ(execute("INSERT INTO t VALUES (1)"), "constraint");
  EXPECT_EQ(execute("SELECT nothing"), "error");
  db_.close();
  EXPECT_EQ(execute("SELECT 1"), "closed");
}

TEST_F(RequestTest, ValuesAreGivenByPositionOrByName) {
  const ValueView values[] = {ValueView(7)};
  PositionalParameters positional(values);
  EXPECT_EQ(run(request::Execute{{"SELECT ? + 1 AS n", &positional}}),
            "columns n;row 8;done 1;finished");
  EXPECT_EQ(run(request::Execute{{"SELECT ?, ?", &positional}}), "invalid_argument");
  Named named({{":a", 1}, {"$b", 2}});
  EXPECT_EQ(run(request::Execute{{"SELECT :a + $b AS n", &named}}),
            "columns n;row 3;done 1;finished");
  EXPECT_EQ(run(request::Execute{{"SELECT :a, :c", &named}}), "missing_parameters");
  EXPECT_EQ(run(request::Execute{{"SELECT :a, ?", &named}}), "positional_parameters");
}

TEST_F(RequestTest, UnderABudgetOnlyBoundedStatementsRun) {
  EXPECT_EQ(execute("SELECT a FROM t WHERE a = 1", bounded()), "columns a;row 1;done 1;finished");
  EXPECT_EQ(execute("SELECT upper(a) FROM t", bounded()), "would_block");
  EXPECT_EQ(execute("CREATE TABLE u(a)", bounded()), "would_block");
  EXPECT_EQ(execute("SELECT 1" + std::string(20'000, ' '), bounded()), "would_block");
  Texts members({"SELECT 1"});
  EXPECT_EQ(run(request::Batch{members, OnError::halt}, bounded()), "would_block");
  // Calls without limits are not affected afterwards.
  EXPECT_EQ(query(db_, "SELECT upper(a) FROM t"), "'1'\n'2'");
}

TEST_F(RequestTest, AResultThatIsTooLargeHereIsRunAgainElsewhere) {
  recorder_.full = true;
  EXPECT_EQ(execute("SELECT a FROM t", bounded()), "would_block");
  // Without a budget there is no other place, and a write cannot be repeated.
  EXPECT_EQ(execute("SELECT a FROM t"), "columns a;row 1;row 2;done 2;finished");
  EXPECT_EQ(execute("DELETE FROM t RETURNING a"), "columns a;row 1;row 2;done 2;finished");
}

TEST_F(RequestTest, ADeadlineEndsARequestAndNothingElse) {
  Limits limits;
  limits.deadline = std::chrono::steady_clock::now() + 20ms;
  EXPECT_EQ(execute(kEndless, limits), "timeout");
  EXPECT_EQ(query(db_, "SELECT count(*) FROM t"), "2");
}

TEST_F(RequestTest, AWriteQueuesForTheLockAndRunsWhenItsTurnComes) {
  Connection other = connect();
  Transaction transaction = other.begin(TransactionMode::immediate);
  Limits limits;
  limits.queue = true;
  for (const bool is_bounded : {true, false}) {
    if (is_bounded) limits.budget = 1s;
    EXPECT_EQ(execute("BEGIN IMMEDIATE", limits), "queued");
    recorder_.place->cancel();
    limits.budget.reset();
  }
  EXPECT_EQ(run(request::Begin{TransactionMode::immediate}, limits), "queued");
  recorder_.place->cancel();
  Texts members({"SELECT 1", "INSERT INTO t VALUES (3)"});
  EXPECT_EQ(run(request::Batch{members, OnError::proceed}, limits), "queued");
  EXPECT_FALSE(recorder_.granted.is_open());
  transaction.commit();
  EXPECT_TRUE(recorder_.granted.wait());
  EXPECT_EQ(run(request::Batch{members, OnError::proceed}, limits),
            "columns 1;row 1;done 1;done 1;finished");
}

TEST_F(RequestTest, ABatchTellsOfEachMemberAndKnowsWhatFollowsAFailure) {
  Texts members({"INSERT INTO t VALUES (3)", "INSERT INTO t VALUES (1)", "DELETE FROM t"});
  EXPECT_EQ(run(request::Batch{members, OnError::halt}), "done 1;failed constraint;finished");
  db_.execute("DELETE FROM t WHERE a = 3");
  EXPECT_EQ(run(request::Batch{members, OnError::rollback}), "done 1;failed constraint;constraint");
  EXPECT_EQ(query(db_, "SELECT count(*) FROM t"), "2");
  EXPECT_EQ(run(request::Batch{members, OnError::proceed}),
            "done 1;failed constraint;done 3;finished");
}

TEST_F(RequestTest, ABatchEndsWithTheLossOfItsTransaction) {
  db_.execute("BEGIN");
  Texts members({"INSERT OR ROLLBACK INTO t VALUES (1)", "INSERT INTO t VALUES (9)"});
  EXPECT_EQ(run(request::Batch{members, OnError::proceed}), "failed constraint;constraint");
  EXPECT_EQ(query(db_, "SELECT count(*) FROM t WHERE a = 9"), "0");
}

TEST_F(RequestTest, APragmaOfAnAtomicBatchActsWithinItsTransaction) {
  Texts members({"PRAGMA foreign_keys = OFF", "SELECT nothing"});
  EXPECT_EQ(run(request::Batch{members, OnError::rollback}), "done 0;failed error;error");
  EXPECT_EQ(query(db_, "PRAGMA foreign_keys"), "1");
}

TEST_F(RequestTest, AScriptRunsItsStatementsUntilOneFails) {
  EXPECT_EQ(run(request::Script{"INSERT INTO t VALUES (3); SELECT max(a) AS m FROM t;"}),
            "done 1;columns m;row 3;done 1;finished");
  EXPECT_EQ(run(request::Script{"DELETE FROM t; SELECT nothing", true}), "done 3;error");
  EXPECT_EQ(query(db_, "SELECT count(*) FROM t"), "3");
}

TEST_F(RequestTest, StatementsAreKeptUntilTheyAreClosed) {
  EXPECT_EQ(run(request::Prepare{"SELECT a FROM t WHERE a = :a"}), "finished");
  const StatementId id = recorder_.statement;
  EXPECT_EQ(run(request::Describe{id}), "column a;parameter :a;finished");
  Named named({{":a", 2}});
  EXPECT_EQ(run(request::Execute{{id, &named}}), "columns a;row 2;done 1;finished");
  EXPECT_EQ(run(request::CloseStatement{id}), "finished");
  EXPECT_EQ(run(request::CloseStatement{id}), "unknown_statement");
  EXPECT_EQ(run(request::Execute{{id, &named}}), "unknown_statement");
}

TEST_F(RequestTest, CursorsAreReadInPortionsAndEndWithTheirTransaction) {
  run(request::OpenCursor{{"SELECT a FROM t"}});
  EXPECT_EQ(run(request::Fetch{recorder_.cursor, 1}), "columns a;row 1;portion 1;finished");
  EXPECT_EQ(run(request::Fetch{recorder_.cursor, 9}), "columns a;row 2;portion 1 last;finished");
  EXPECT_EQ(run(request::Fetch{recorder_.cursor, 9}), "columns a;portion 0 last;finished");
  EXPECT_EQ(run(request::Fetch{recorder_.cursor, 0}), "invalid_argument");
  EXPECT_EQ(run(request::CloseCursor{recorder_.cursor}), "finished");
  EXPECT_EQ(run(request::Fetch{recorder_.cursor, 1}), "unknown_cursor");
  db_.execute("BEGIN");
  run(request::OpenCursor{{"SELECT a FROM t"}});
  db_.execute("COMMIT");
  EXPECT_EQ(run(request::Fetch{recorder_.cursor, 1}), "unknown_cursor");
}

TEST_F(RequestTest, ClosingEndsOpenCursorsAndStatements) {
  run(request::OpenCursor{{"SELECT a FROM t"}});
  EXPECT_EQ(run(request::Fetch{recorder_.cursor, 1}), "columns a;row 1;portion 1;finished");
  run(request::Prepare{"SELECT a FROM t"});
  db_.close();
  EXPECT_EQ(run(request::Fetch{recorder_.cursor, 1}), "closed");
  EXPECT_EQ(run(request::CloseStatement{recorder_.statement}), "closed");
}

TEST_F(RequestTest, ARequestRunsOnlyInTheTransactionThatItNames) {
  EXPECT_EQ(run(request::Begin{}), "finished");
  Limits limits;
  limits.transaction = recorder_.state.transaction;
  EXPECT_TRUE(recorder_.state.in_transaction);
  EXPECT_EQ(execute("INSERT INTO t VALUES (3)", limits), "done 1;finished");
  EXPECT_EQ(execute("INSERT OR ROLLBACK INTO t VALUES (3)", limits), "constraint");
  EXPECT_EQ(execute("INSERT INTO t VALUES (4)", limits), "misuse");
  EXPECT_EQ(run(request::Begin{}), "finished");
  EXPECT_EQ(execute("INSERT INTO t VALUES (4)", limits), "misuse");
  EXPECT_EQ(run(request::Rollback{}), "done 1;finished");
  EXPECT_EQ(run(request::Rollback{}), "done 0;finished");
  limits.transaction = 99;
  EXPECT_EQ(run(request::Status{}, limits), "unknown_transaction");
  EXPECT_EQ(query(db_, "SELECT count(*) FROM t"), "2");
}

TEST_F(RequestTest, ARequestFromWithinAnAnswerIsRefusedAndTheAnswerGoesOn) {
  run(request::Prepare{"SELECT a FROM t"});
  Recorder nested;
  const request::Execute again{{recorder_.statement}};
  recorder_.on_row = [&] { db_.start(again, {}, nested); };
  EXPECT_EQ(run(again), "columns a;row 1;row 2;done 2;finished");
  EXPECT_EQ(nested.text(), "misusemisuse");
  recorder_.on_row = {};
  EXPECT_EQ(run(again), "columns a;row 1;row 2;done 2;finished");
}

TEST_F(RequestTest, WhatAReceiverFailsToLearnTheNameOfIsClosed) {
  recorder_.throws = true;
  EXPECT_EQ(run(request::Prepare{"SELECT a FROM t"}), "out_of_memory");
  EXPECT_EQ(run(request::CloseStatement{recorder_.statement}), "unknown_statement");
  EXPECT_EQ(run(request::OpenCursor{{"SELECT a FROM t"}}), "out_of_memory");
  EXPECT_EQ(run(request::Fetch{recorder_.cursor, 1}), "unknown_cursor");
}

// A list whose values must not be decoded.
class Counted final : public Parameters {
 public:
  bool by_name() const override { return false; }
  std::span<const ValueView> values() override { throw Error(ErrorKind::corrupt, "decoded"); }
  std::size_t count(std::size_t most) override { return most + 1; }
  bool find(std::string_view /*name*/, ValueView& /*value*/) override { return false; }
};

TEST_F(RequestTest, AListOfAnotherLengthIsRefusedBeforeItIsDecoded) {
  Counted values;
  EXPECT_EQ(run(request::Execute{{"SELECT ?, ?", &values}}), "invalid_argument");
}

}  // namespace
}  // namespace libsql
