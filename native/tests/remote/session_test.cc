// What a remote session sends, byte by byte, and how many round trips it takes.
#include "remote/session.h"

#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/matchers.h"
#include "testing/query.h"
#include "testing/request_trace.h"
#include "tests/remote/scripted_database.h"

namespace libsql::remote {
namespace {

using libsql::testing::answer_with;
using libsql::testing::query;
using libsql::testing::RequestTrace;
using libsql::testing::throws_error;
using ::testing::HasSubstr;
using ::testing::Not;

class RemoteSessionTest : public ::testing::Test {
 protected:
  // A query first, so that the version is known and later bodies are the only ones.
  RemoteSessionTest() {
    server.answer_results(executed(result()) + "," + closed());
    db.execute("SELECT 0");
  }
  std::size_t sent() { return server.asked().size() - 1; }
  std::string body(std::size_t index) { return server.wait_for(index + 2).at(index + 1).body; }
  // BEGIN and a first statement have been answered.
  void start_transaction() {
    db.begin_transaction(TransactionMode::immediate);
    server.answer_results(
        batch({{result(), "null"}, {result("", "", 1, "\"8\""), "null"}}) + "," + autocommit(false),
        R"("B1")");
    db.execute("INSERT INTO t VALUES (1)");
  }
  std::string trace(const Request& request) { return RequestTrace::of(db, request); }

  ScriptedDatabase server;
  Connection db = server.connect();
};

TEST_F(RemoteSessionTest, AQueryWithParametersIsOneRoundTripThatClosesItsStream) {
  server.answer_results(
      executed(result(R"({"name":"id","decltype":"INTEGER"},{"name":"x","decltype":"BLOB"})",
                      R"([{"type":"integer","value":"7"},{"type":"blob","base64":"AP8"}])")) +
      "," + closed());
  EXPECT_EQ(query(db, "SELECT id, x FROM t WHERE id = ?", {7}), "7|X'00ff'");
  EXPECT_EQ(sent(), 1U);
  EXPECT_EQ(body(0),
            R"({"baton":null,"requests":[{"type":"execute","stmt":{"sql":"SELECT id, x FROM t )"
            R"(WHERE id = ?","args":[{"type":"integer","value":"7"}]}},{"type":"close"}]})");
  EXPECT_EQ(server.asked().back().target, "/v3/pipeline");
}

TEST_F(RemoteSessionTest, ATransactionOfThreeStatementsTakesFourRoundTrips) {
  start_transaction();
  EXPECT_EQ(body(0),
            R"({"baton":null,"requests":[{"type":"batch","batch":{"steps":[)"
            R"({"stmt":{"sql":"BEGIN IMMEDIATE","want_rows":false}},)"
            R"({"condition":{"type":"and","conds":[{"type":"ok","step":0},)"
            R"({"type":"not","cond":{"type":"is_autocommit"}}]},)"
            R"j("stmt":{"sql":"INSERT INTO t VALUES (1)"}}]}},{"type":"get_autocommit"}]})j");
  EXPECT_EQ(db.last_insert_rowid(), 8);
  for (const char* const baton : {R"("B2")", R"("B3")"}) {
    server.answer_results(batch({{result("", "", 1), "null"}}) + "," + autocommit(false), baton);
    db.execute("INSERT INTO t VALUES (2)");
  }
  EXPECT_EQ(body(2),
            R"({"baton":"B2","requests":[{"type":"batch","batch":{"steps":[)"
            R"({"condition":{"type":"not","cond":{"type":"is_autocommit"}},)"
            R"j("stmt":{"sql":"INSERT INTO t VALUES (2)"}}]}},{"type":"get_autocommit"}]})j");
  server.answer_results(batch({{result(), "null"}}) + "," + autocommit(true) + "," + closed());
  db.commit();
  EXPECT_EQ(body(3), R"({"baton":"B3","requests":[{"type":"batch","batch":{"steps":[)"
                     R"({"condition":{"type":"not","cond":{"type":"is_autocommit"}},)"
                     R"("stmt":{"sql":"COMMIT","want_rows":false}}]}},{"type":"get_autocommit"},)"
                     R"({"type":"close"}]})");
  EXPECT_EQ(sent(), 4U);
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(RemoteSessionTest, ATransactionWithoutStatementsSendsNothing) {
  db.begin_transaction(TransactionMode::immediate);
  db.savepoint("s");
  db.release_savepoint("s");
  db.commit();
  db.begin_transaction(TransactionMode::deferred);
  EXPECT_TRUE(db.rollback());
  EXPECT_EQ(sent(), 0U);
}

TEST_F(RemoteSessionTest, ASavepointRidesWithTheNextStatement) {
  start_transaction();
  db.savepoint("s");
  EXPECT_EQ(sent(), 1U);
  server.answer_results(batch({{result(), "null"}, {result(), "null"}}) + "," + autocommit(false),
                        R"("B2")");
  db.execute("DELETE FROM t");
  EXPECT_THAT(body(1), HasSubstr(R"({"sql":"SAVEPOINT \"s\"","want_rows":false})"));
  EXPECT_EQ(sent(), 2U);
}

TEST_F(RemoteSessionTest, ARollbackWaitsForNothingAndClosesTheStream) {
  start_transaction();
  db.rollback();
  EXPECT_FALSE(db.in_transaction());
  EXPECT_EQ(body(1), R"({"baton":"B1","requests":[{"type":"close"}]})");
}

TEST_F(RemoteSessionTest, AnAtomicBatchIsOneRoundTrip) {
  std::vector<std::pair<std::string, std::string>> steps(503, {result("", "", 1), "null"});
  steps.back() = {"null", "null"};
  server.answer_results(batch(steps) + "," + closed());
  Batch members;
  for (int i = 0; i < 500; ++i) members.add("INSERT INTO t VALUES (?)", {i});
  EXPECT_EQ(db.run(members).size(), 500U);
  EXPECT_EQ(sent(), 1U);
  const std::string sent_body = body(0);
  EXPECT_THAT(sent_body, HasSubstr(R"({"stmt":{"sql":"BEGIN IMMEDIATE","want_rows":false}})"));
  EXPECT_THAT(sent_body,
              HasSubstr(R"({"condition":{"type":"and","conds":[{"type":"ok","step":500},)"
                        R"({"type":"not","cond":{"type":"is_autocommit"}}]},)"
                        R"("stmt":{"sql":"COMMIT","want_rows":false}})"));
}

TEST_F(RemoteSessionTest, MembersThatDoNotDependOnEachOtherAreRequestsOfTheirOwn) {
  server.answer_results(executed(result("", "", 1)) + "," +
                        failed(server_error("SQL_PARSE_ERROR", "near SELEC")) + "," + closed());
  const auto results = db.run(Batch().add("DELETE FROM t").add("SELEC"), OnError::proceed);
  EXPECT_EQ(results.at(0).count, 1);
  EXPECT_EQ(results.at(1).error.value().message(), "near SELEC");
  EXPECT_EQ(sent(), 1U);
}

TEST_F(RemoteSessionTest, TheViolatedConstraintComesWithTheError) {
  server.answer_results(
      failed(server_error("SQLITE_CONSTRAINT", "SQLite error: UNIQUE constraint failed: t.a")) +
      "," + closed());
  EXPECT_EQ(trace(request::Execute{{"INSERT INTO t VALUES (1)"}}), "error constraint 2067");
  EXPECT_EQ(sent(), 1U);
}

TEST_F(RemoteSessionTest, ADescriptionIsAskedForOnce) {
  server.answer_results(ok(R"({"type":"describe","result":{"params":[{"name":"a"}],)"
                           R"("cols":[{"name":"x","decltype":"TEXT"}],"is_explain":false,)"
                           R"("is_readonly":true}})") +
                        "," + closed());
  EXPECT_EQ(trace(request::Describe{std::string_view("SELECT x FROM t WHERE a = :a")}),
            "described x:TEXT <:a>\nok");
  EXPECT_EQ(trace(request::Prepare{"SELECT x FROM t WHERE a = :a"}), "prepared\nok");
  EXPECT_EQ(sent(), 1U);
}

// --- Nothing runs outside of its transaction ---

TEST_F(RemoteSessionTest, AStatementThatWasSkippedTellsThatItsTransactionIsLost) {
  start_transaction();
  server.answer_results(batch({{"null", "null"}}) + "," + autocommit(true));
  EXPECT_EQ(trace(request::Execute{{"INSERT INTO t VALUES (2)"}}),
            "error misuse 516 lost retryable");
  EXPECT_FALSE(db.in_transaction());
}

TEST_F(RemoteSessionTest, ATransactionThatTookTooLongIsLostAndMayBeRunAgain) {
  start_transaction();
  server.answer_results(
      batch({{"null", server_error("TRANSACTION_TIMEOUT", "Transaction timed-out")}}) + "," +
      autocommit(true));
  EXPECT_EQ(trace(request::Execute{{"INSERT INTO t VALUES (2)"}}), "error busy lost retryable");
}

TEST_F(RemoteSessionTest, ACommitThatWasSkippedIsNoCommit) {
  start_transaction();
  server.answer_results(batch({{"null", "null"}}) + "," + autocommit(true) + "," + closed());
  EXPECT_EQ(trace(request::Commit{}), "error misuse 516 lost retryable");
}

TEST_F(RemoteSessionTest, ABatchThatIsRefusedAsAWholeLeavesTheTransactionAsItWas) {
  db.begin_transaction(TransactionMode::immediate);
  server.answer_results(failed(server_error("SQL_PARSE_ERROR", "near SELEC")) + "," +
                        autocommit(true));
  EXPECT_EQ(trace(request::Execute{{"SELEC"}}), "error error 1");
  EXPECT_TRUE(db.in_transaction());
  server.answer_results(batch({{result(), "null"}, {result(), "null"}}) + "," + autocommit(false),
                        R"("B1")");
  db.execute("INSERT INTO t VALUES (1)");
  EXPECT_THAT(body(1), HasSubstr("BEGIN IMMEDIATE"));
}

TEST_F(RemoteSessionTest, ABeginThatFailsEndsTheTransaction) {
  db.begin_transaction(TransactionMode::immediate);
  server.answer_results(
      batch({{"null", server_error("SQLITE_BUSY", "database is locked")}, {"null", "null"}}) + "," +
      autocommit(true));
  EXPECT_EQ(trace(request::Execute{{"INSERT INTO t VALUES (1)"}}), "error busy 5 lost retryable");
  EXPECT_FALSE(db.in_transaction());
}

TEST_F(RemoteSessionTest, AnIdleStreamThatExpiredLosesItsTransactionAndSaysSo) {
  start_transaction();
  server.answer(answer_with(
      R"({"message":"The stream has expired due to inactivity","code":"STREAM_EXPIRED"})", 400));
  RequestTrace failed_statement;
  failed_statement.start(db, request::Execute{{"INSERT INTO t VALUES (2)"}});
  EXPECT_EQ(failed_statement.wait(), "error busy lost retryable");
  EXPECT_THAT(failed_statement.error->message(), HasSubstr("expired due to inactivity"));
  // Outside of a transaction there is no stream that could have expired.
  server.answer_results(executed(result()) + "," + closed());
  EXPECT_EQ(trace(request::Execute{{"SELECT 1"}}), "done 0 0\nok");
}

TEST_F(RemoteSessionTest, ADeadStreamOfTursoIsALostTransaction) {
  start_transaction();
  server.answer(answer_with(R"({"error":"stream not found: B1"})", 404));
  EXPECT_EQ(trace(request::Execute{{"SELECT 1"}}), "error busy lost retryable");
}

// --- Cursors ---

TEST_F(RemoteSessionTest, ACursorIsOneRoundTripAndAClose) {
  std::string body_text =
      "{\"baton\":\"C1\",\"base_url\":null}\n"
      "{\"type\":\"step_begin\",\"step\":0,\"cols\":[{\"name\":\"i\"}]}\n";
  for (int i = 0; i < 150; ++i) {
    body_text +=
        R"({"type":"row","row":[{"type":"integer","value":")" + std::to_string(i) + "\"}]}\n";
  }
  body_text += "{\"type\":\"step_end\",\"affected_row_count\":0,\"last_insert_rowid\":null}\n";
  server.answer(answer_with(body_text));
  Cursor cursor = db.open_cursor("SELECT i FROM t");
  int rows = 0;
  while (cursor.next()) ++rows;
  EXPECT_EQ(rows, 150);
  EXPECT_EQ(server.asked().at(1).target, "/v3/cursor");
  EXPECT_EQ(body(0), R"({"baton":null,"batch":{"steps":[{"stmt":{"sql":"SELECT i FROM t"}}]}})");
  EXPECT_EQ(body(1), R"({"baton":"C1","requests":[{"type":"close"}]})");
}

// --- Tokens, other servers ---

TEST_F(RemoteSessionTest, ATokenIsAskedForBeforeEachRequestAndMayComeLater) {
  int asked = 0;
  std::optional<TokenAnswer> later;
  libsql::testing::Gate waiting;
  RemoteOptions options;
  options.auth_token = TokenFunction([&](const TokenAnswer& answer) {
    if (++asked == 1) {
      later = answer;
      waiting.open();
    } else {
      answer.give(AuthToken("second"));
    }
  });
  ScriptedDatabase with_token(options);
  Connection connection = with_token.connect();
  with_token.answer_results(executed(result()) + "," + closed());
  with_token.answer_results(executed(result()) + "," + closed());
  RequestTrace first;
  EXPECT_EQ(first.start(connection, request::Execute{{"SELECT 1"}}), Started::pending);
  ASSERT_TRUE(waiting.wait());
  EXPECT_EQ(with_token.asked().size(), 0U);
  later->give(AuthToken("first"));
  EXPECT_EQ(first.wait(), "done 0 0\nok");
  connection.execute("SELECT 2");
  EXPECT_EQ(with_token.asked().at(0).authorization, "Bearer first");
  EXPECT_EQ(with_token.asked().at(1).authorization, "Bearer second");
}

TEST_F(RemoteSessionTest, AFunctionThatGivesNoTokenFailsTheRequest) {
  RemoteOptions options;
  options.auth_token = TokenFunction([](const TokenAnswer& /*answer*/) {});
  ScriptedDatabase with_token(options);
  Connection connection = with_token.connect();
  EXPECT_EQ(RequestTrace::of(connection, request::Execute{{"SELECT 1"}}),
            "error denied unauthorised");
  EXPECT_EQ(with_token.asked().size(), 0U);
}

TEST(RemoteSessionVersionTest, AServerOfVersion2IsAskedInItsOwnWords) {
  ScriptedDatabase server;
  Connection db = server.connect();
  server.answer(answer_with("", 404));
  server.answer_results(closed());  // It knows `close`.
  server.answer_results(executed(result()) + "," + closed());
  db.execute("SELECT 1");
  EXPECT_EQ(server.asked().at(2).target, "/v2/pipeline");
  db.begin_transaction(TransactionMode::deferred);
  server.answer_results(batch({{result(), "null"}, {result("", "", 1), "null"}, {"null", "null"}}),
                        R"("B1")");
  db.execute("INSERT INTO t VALUES (1)");
  EXPECT_THAT(server.asked().at(3).body, Not(HasSubstr("autocommit")));
  EXPECT_TRUE(db.in_transaction());
  // The probe behind a failed statement: a BEGIN that succeeds says that no transaction was open.
  server.answer_results(
      batch({{"null", server_error("SQLITE_CONSTRAINT", "UNIQUE constraint failed: t.a")},
             {result(), "null"}}),
      R"("B2")");
  EXPECT_EQ(RequestTrace::of(db, request::Execute{{"INSERT OR ROLLBACK INTO t VALUES (1)"}}),
            "error constraint 2067 lost");
  EXPECT_FALSE(db.in_transaction());
}

// --- Several requests at once ---

TEST_F(RemoteSessionTest, ARequestThatIsStartedMeanwhileRunsNext) {
  server.answer_results(executed(result("", "", 1)) + "," + closed());
  server.answer_results(executed(result("", "", 2)) + "," + closed());
  RequestTrace first;
  RequestTrace second;
  EXPECT_EQ(first.start(db, request::Execute{{"DELETE FROM t"}}), Started::pending);
  const ValueView values[] = {"kept"};
  PositionalParameters parameters(values);
  EXPECT_EQ(second.start(db, request::Execute{{"DELETE FROM t WHERE a = ?", &parameters}}),
            Started::pending);
  EXPECT_EQ(first.wait(), "done 3 1\nok");
  EXPECT_EQ(second.wait(), "done 3 2\nok");
  EXPECT_THAT(body(1), HasSubstr("kept"));
}

TEST_F(RemoteSessionTest, WhatNeverComesIsGivenUpByCancelInterruptAndClose) {
  for (const std::string how : {"cancel", "interrupt", "close"}) {
    ScriptedDatabase silent;
    Connection connection = silent.connect();
    silent.answer({"", false, true});
    RequestTrace first;
    RequestTrace second;
    first.start(connection, request::Execute{{"DELETE FROM t"}});
    second.start(connection, request::Execute{{"DELETE FROM t"}});
    ASSERT_EQ(silent.wait_for(1).size(), 1U);
    if (how == "cancel") {
      connection.cancel(second);
      EXPECT_EQ(second.wait(), "error interrupted");
      connection.cancel(first);
      EXPECT_EQ(first.wait(), "error interrupted unknown");
    } else if (how == "interrupt") {
      connection.interrupt();
      EXPECT_EQ(second.wait(), "error interrupted");
      EXPECT_EQ(first.wait(), "error interrupted unknown");
    } else {
      connection.close();
      EXPECT_THAT(second.wait(), HasSubstr("error closed"));
      EXPECT_EQ(first.wait(), "error interrupted unknown");
      EXPECT_FALSE(connection.is_open());
    }
  }
}

// It was given up only when its turn came.
TEST_F(RemoteSessionTest, ARequestThatWaitsForItsTurnEndsAtItsDeadline) {
  ScriptedDatabase silent;
  Connection connection = silent.connect();
  silent.answer({"", false, true});
  RequestTrace first;
  RequestTrace patient;
  RequestTrace hasty;
  first.start(connection, request::Execute{{"DELETE FROM t"}});
  patient.start(connection, request::Execute{{"DELETE FROM t"}});
  Limits limits;
  limits.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(20);
  hasty.start(connection, request::Execute{{"DELETE FROM t"}}, limits);
  EXPECT_EQ(hasty.wait(), "error timeout");
  EXPECT_EQ(silent.asked().size(), 1U);
  connection.interrupt();
  EXPECT_EQ(first.wait(), "error interrupted unknown");
  EXPECT_EQ(patient.wait(), "error interrupted");
}

TEST_F(RemoteSessionTest, AValueThatCannotBeSentIsAnErrorBeforeAnythingIs) {
  const ValueView values[] = {std::numeric_limits<double>::infinity()};
  PositionalParameters parameters(values);
  start_transaction();
  EXPECT_EQ(trace(request::Execute{{"INSERT INTO t VALUES (?)", &parameters}}),
            "error invalid_argument");
  EXPECT_TRUE(db.in_transaction());
  EXPECT_EQ(sent(), 1U);
}

}  // namespace
}  // namespace libsql::remote
