// Servers without streams: what they are asked, how their answers are read, and how it is found out
// that a server is one.
#include "remote/streamless.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hrana/malformed.h"
#include "testing/hrana_trace.h"
#include "testing/matchers.h"
#include "testing/request_trace.h"
#include "tests/remote/scripted_database.h"

namespace libsql::remote {
namespace {

using hrana::Condition;
using libsql::testing::answer_with;
using libsql::testing::HranaTrace;
using libsql::testing::RequestTrace;
using libsql::testing::throws_error;
using ::testing::HasSubstr;
using ::testing::Not;

hrana::Stmt stmt(std::string_view sql) {
  hrana::Stmt result;
  result.sql = sql;
  return result;
}

std::vector<hrana::Request> closing(const hrana::Request& request) {
  return {request, hrana::CloseStream{}};
}

const std::vector<hrana::BatchStep>& steps_of(const StreamlessRequests& requests) {
  return std::get<hrana::RunBatch>(requests.requests.at(0)).batch.steps;
}

std::string sql_of(const hrana::BatchStep& step) {
  return std::string(std::get<std::string_view>(step.stmt.sql));
}

// --- Requests ---

TEST(StreamlessTest, AStatementRunsOnlyWhileNoTransactionIsOpen) {
  const auto requests = for_streamless(closing(hrana::Execute{stmt("SELECT 1")}));
  ASSERT_EQ(steps_of(requests).size(), 1U);
  EXPECT_EQ(steps_of(requests)[0].condition->kind, Condition::Kind::is_autocommit);
}

TEST(StreamlessTest, BehindAStepThatChangesRowsStandsOneThatCountsThem) {
  hrana::Batch batch;
  batch.steps.push_back({std::nullopt, stmt("INSERT INTO t VALUES (1)")});
  batch.steps.push_back({Condition::ok(0), stmt("SELECT 1")});
  batch.steps.push_back({Condition::negation(Condition::ok(1)), stmt("DELETE FROM t")});
  const auto requests = for_streamless(closing(hrana::RunBatch{batch}));
  const auto& steps = steps_of(requests);
  ASSERT_EQ(steps.size(), 5U);
  EXPECT_EQ(sql_of(steps[1]), "SELECT changes(), last_insert_rowid()");
  EXPECT_EQ(steps[1].condition->step, 0U);
  EXPECT_EQ(steps[2].condition->step, 0U);
  EXPECT_EQ(steps[3].condition->operands.at(0).step, 2U);
  EXPECT_EQ(steps[4].condition->step, 3U);
}

TEST(StreamlessTest, NamedArgumentsAreBoundByPosition) {
  hrana::Stmt named = stmt("SELECT :a, :b");
  named.named_args = {{":a", 1}, {":b", 2}};
  const auto requests = for_streamless(closing(hrana::Execute{named}));
  const hrana::Stmt& sent = steps_of(requests).at(0).stmt;
  EXPECT_TRUE(sent.named_args.empty());
  ASSERT_EQ(sent.args.size(), 2U);
  EXPECT_EQ(sent.args[1].integer(), 2);
}

TEST(StreamlessTest, WhatNeedsAStreamIsRefused) {
  const hrana::Request open[] = {hrana::Execute{stmt("BEGIN")}, hrana::GetAutocommit{}};
  EXPECT_THAT([&] { static_cast<void>(for_streamless(open)); },
              throws_error(ErrorKind::unsupported));
  EXPECT_THAT([&] { static_cast<void>(for_streamless({})); }, throws_error(ErrorKind::unsupported));
  const auto describe = closing(hrana::Describe{std::string_view("SELECT 1"), std::nullopt});
  EXPECT_THAT([&] { static_cast<void>(for_streamless(describe)); },
              throws_error(ErrorKind::unsupported));
}

// --- Answers ---

class StreamlessAnswerTest : public ::testing::Test {
 protected:
  // The answer to `INSERT` as one statement.
  void insert(bool is_batch = false) {
    if (is_batch) {
      hrana::Batch batch;
      batch.steps.push_back({std::nullopt, stmt("INSERT INTO t VALUES (1)")});
      runs_ = for_streamless(closing(hrana::RunBatch{batch})).runs;
    } else {
      runs_ = for_streamless(closing(hrana::Execute{stmt("INSERT INTO t VALUES (1)")})).runs;
    }
  }
  std::string read(auto&& events) {
    HranaTrace trace;
    StreamlessAnswer answer(runs_, trace);
    answer.begin(hrana::RequestType::batch, 2);
    events(answer);
    answer.end();
    return trace.text();
  }
  static void step(StreamlessAnswer& answer, std::uint32_t step, std::vector<ValueView> row = {}) {
    answer.step_begin(step, {});
    if (!row.empty()) static_cast<void>(answer.row(row));
    answer.step_end({});
  }

  std::vector<StreamlessRun> runs_;
};

TEST_F(StreamlessAnswerTest, TheCountBelongsToItsStatement) {
  insert();
  EXPECT_EQ(read([](StreamlessAnswer& answer) {
              step(answer, 0);
              step(answer, 1, {2, 7});
            }),
            "begin execute 0\nstep 0:\nstep_end affected 2 rowid 7\nend\n");
}

TEST_F(StreamlessAnswerTest, AnErrorOfAStatementIsThatOfItsRequest) {
  insert();
  const auto fails = [](StreamlessAnswer& answer) { answer.step_error(0, {"no", "X", {}}); };
  EXPECT_EQ(read(fails), "error X - no\n");
  insert(true);
  EXPECT_EQ(read(fails), "begin batch 1\nstep_error 0 X - no\nend\n");
}

TEST_F(StreamlessAnswerTest, AStatementThatAnothersTransactionHasKeptFromRunningIsBusy) {
  insert();
  EXPECT_THAT(read([](StreamlessAnswer& /*answer*/) {}), HasSubstr("error TRANSACTION_BUSY"));
  insert(true);
  EXPECT_THAT(read([](StreamlessAnswer& /*answer*/) {}),
              HasSubstr("step_error 0 TRANSACTION_BUSY"));
}

TEST_F(StreamlessAnswerTest, AServerThatDoesNotCountIsAnError) {
  insert();
  const auto malformed = [&](auto&& events) {
    EXPECT_THROW(static_cast<void>(read(events)), hrana::Malformed);
  };
  malformed([](StreamlessAnswer& answer) { step(answer, 0); });
  malformed([](StreamlessAnswer& answer) {
    step(answer, 0);
    step(answer, 1);
  });
  malformed([](StreamlessAnswer& answer) {
    step(answer, 0);
    step(answer, 1, {"2", 7});
  });
  malformed([](StreamlessAnswer& answer) {
    step(answer, 0);
    answer.step_error(1, {"no", "X", {}});
  });
}

TEST_F(StreamlessAnswerTest, StepsThatWereNotSentAreAnError) {
  insert();
  EXPECT_THROW(static_cast<void>(read([](StreamlessAnswer& answer) { step(answer, 2); })),
               hrana::Malformed);
  EXPECT_THROW(static_cast<void>(read([](StreamlessAnswer& answer) {
                 answer.step_error(9, {"no", "X", {}});
               })),
               hrana::Malformed);
}

// --- A session ---

class StreamlessSessionTest : public ::testing::Test {
 protected:
  // Version 3 is not there, and `close` is unknown.
  void answer_without_streams() {
    server.answer(answer_with("Not Found", 404));
    server.answer(answer_with("unknown variant", 500));
  }
  std::string run(std::string_view sql) { return RequestTrace::of(db, request::Execute{{sql}}); }
  static std::string one(const std::string& rows = "") {
    return batch({{result(R"({"name":"a"})", rows), "null"}});
  }

  ScriptedDatabase server;
  Connection db = server.connect();
};

TEST_F(StreamlessSessionTest, AServerThatRefusesCloseNeverGetsIt) {
  answer_without_streams();
  server.answer_results(one());
  EXPECT_EQ(run("SELECT a"), "columns a\ndone 0 0\nok");
  server.answer_results(one());
  EXPECT_EQ(run("SELECT a"), "columns a\ndone 0 0\nok");
  const auto asked = server.asked();
  ASSERT_EQ(asked.size(), 4U);
  EXPECT_EQ(asked[1].target, "/v2/pipeline");
  EXPECT_EQ(asked[1].body, R"({"baton":null,"requests":[{"type":"close"}]})");
  EXPECT_THAT(asked[2].body, Not(HasSubstr("close")));
  EXPECT_EQ(asked[3].body, asked[2].body);
  EXPECT_EQ(asked[3].target, "/v2/pipeline");
}

TEST_F(StreamlessSessionTest, TheQuestionIsAskedAgainWhereItsAnswerIsLost) {
  server.answer(answer_with("Not Found", 404));
  server.answer({"", true, false});
  server.answer(answer_with("unknown variant", 500));
  server.answer_results(
      batch({{result(), "null"},
             {result(R"({"name":"n"},{"name":"r"})",
                     R"([{"type":"integer","value":"3"},{"type":"integer","value":"9"}])"),
              "null"}}));
  EXPECT_EQ(run("DELETE FROM t"), "done 3 3\nok");
  EXPECT_EQ(server.asked().at(2).body, server.asked().at(1).body);
}

TEST_F(StreamlessSessionTest, NothingHasRunWhereTheQuestionIsNotAnswered) {
  server.answer(answer_with("Not Found", 404));
  server.answer(answer_with("no token", 401));
  EXPECT_EQ(run("DELETE FROM t"), "error denied unauthorised");
}

TEST_F(StreamlessSessionTest, ATransactionIsRefusedAndSendsNothing) {
  answer_without_streams();
  db.begin_transaction(TransactionMode::immediate);
  EXPECT_EQ(run("DELETE FROM t"), "error unsupported lost");
  EXPECT_FALSE(db.in_transaction());
  EXPECT_EQ(server.asked().size(), 2U);
  EXPECT_EQ(RequestTrace::of(db, request::Begin{TransactionMode::deferred}), "error unsupported");
  EXPECT_EQ(run("BEGIN"), "error unsupported");
  EXPECT_EQ(run("COMMIT"), "error unsupported");
  EXPECT_EQ(server.asked().size(), 2U);
}

TEST_F(StreamlessSessionTest, AnothersOpenTransactionIsBusyAndRetryable) {
  answer_without_streams();
  server.answer_results(batch({{"null", "null"}, {"null", "null"}}));
  EXPECT_EQ(run("DELETE FROM t"), "error busy retryable");
}

TEST_F(StreamlessSessionTest, TheFirstCursorOfAServerWithoutCursorsGivesItsRows) {
  answer_without_streams();
  server.answer_results(
      one(R"([{"type":"integer","value":"1"}],[{"type":"integer","value":"2"}])"));
  RequestTrace opened;
  opened.start(db, request::OpenCursor{{"SELECT a"}});
  EXPECT_EQ(opened.wait(), "opened\nok");
  EXPECT_EQ(server.asked().at(0).target, "/v3/cursor");
  EXPECT_EQ(server.asked().at(2).target, "/v2/pipeline");
  EXPECT_EQ(RequestTrace::of(db, request::Fetch{opened.cursor, 1}),
            "columns a\nrow 1\nportion 1\nok");
  EXPECT_EQ(RequestTrace::of(db, request::Fetch{opened.cursor, 2}),
            "columns a\nrow 2\nportion 1 last\nok");
}

TEST_F(StreamlessSessionTest, TheFirstCursorOfAServerOfVersion2ClosesItsStream) {
  server.answer(answer_with("Not Found", 404));
  server.answer_results(closed());
  server.answer_results(one() + "," + closed());
  RequestTrace opened;
  opened.start(db, request::OpenCursor{{"SELECT a"}});
  EXPECT_EQ(opened.wait(), "opened\nok");
  EXPECT_THAT(server.asked().at(2).body, HasSubstr(R"({"type":"close"})"));
}

TEST_F(StreamlessSessionTest, AStatementIsPreparedWithoutADescription) {
  answer_without_streams();
  EXPECT_EQ(RequestTrace::of(db, request::Prepare{"SELECT :a"}), "prepared\nok");
  EXPECT_EQ(RequestTrace::of(db, request::Prepare{"SELECT :b"}), "prepared\nok");
  EXPECT_EQ(RequestTrace::of(db, request::Describe{std::string_view("SELECT 1")}),
            "error unsupported");
  EXPECT_EQ(server.asked().size(), 2U);
}

}  // namespace
}  // namespace libsql::remote
