// What is sent again, and what is not: each row of the rules for repeating requests
// (remote/http_call.h).
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libsql/database.h"
#include "testing/request_trace.h"
#include "tests/remote/scripted_database.h"

namespace libsql::remote {
namespace {

using libsql::testing::answer_with;
using libsql::testing::RequestTrace;
using libsql::testing::ScriptedAnswer;

constexpr std::string_view kRead = "SELECT a FROM t";
constexpr std::string_view kWrite = "DELETE FROM t";

class RetryTest : public ::testing::Test {
 protected:
  RetryTest() {
    server.answer_results(executed(result()) + "," + closed());
    db.execute("SELECT 0");
  }
  std::string run(std::string_view sql) { return RequestTrace::of(db, request::Execute{{sql}}); }
  void answer_well() { server.answer_results(executed(result("", "", 0)) + "," + closed()); }
  std::size_t sent() { return server.asked().size() - 1; }
  void start_transaction() {
    db.begin_transaction(TransactionMode::immediate);
    server.answer_results(batch({{result(), "null"}, {result(), "null"}}) + "," + autocommit(false),
                          R"("B1")");
    EXPECT_EQ(run(kWrite), "done 3 0\nok");
  }

  ScriptedDatabase server;
  Connection db = server.connect();
};

const ScriptedAnswer kGone{"", true, false};  // Closed before any byte of an answer.

TEST_F(RetryTest, AServerThatIsNotThereIsTriedAgain) {
  std::uint16_t port = 0;
  { port = ScriptedDatabase().port(); }
  RemoteOptions options;
  options.attempts = 3;
  Connection nobody =
      Database::remote("http://127.0.0.1:" + std::to_string(port), options).connect();
  EXPECT_EQ(RequestTrace::of(nobody, request::Execute{{kWrite}}),
            "error cannot_open retryable unavailable");
}

TEST_F(RetryTest, TooManyRequestsAreRepeatedWhateverTheyAre) {
  server.answer(answer_with(R"({"error":"Too many concurrent requests"})", 429));
  answer_well();
  EXPECT_EQ(run(kWrite), "done 3 0\nok");
  EXPECT_EQ(sent(), 2U);
}

TEST_F(RetryTest, TooManyRequestsEndAfterTheLastAttempt) {
  for (int i = 0; i < 5; ++i) server.answer(answer_with("{}", 429));
  EXPECT_EQ(run(kWrite), "error busy retryable");
  EXPECT_EQ(sent(), 5U);
}

TEST_F(RetryTest, TooManyRequestsEndATransaction) {
  start_transaction();
  server.answer(answer_with("{}", 429));
  EXPECT_EQ(run(kWrite), "error busy lost retryable");
  EXPECT_EQ(sent(), 2U);
}

TEST_F(RetryTest, AServerThatIsUnavailableIsAskedAgainForReadsOnly) {
  for (const int status : {502, 503, 504}) {
    SCOPED_TRACE(status);
    const std::size_t before = sent();
    server.answer(answer_with("<html>", status));
    answer_well();
    EXPECT_EQ(run(kRead), "done 0 0\nok");
    EXPECT_EQ(sent(), before + 2);
    server.answer(answer_with("<html>", status));
    EXPECT_EQ(run(kWrite), "error cannot_open unknown unavailable");
    EXPECT_EQ(sent(), before + 3);
  }
}

TEST_F(RetryTest, AKeptConnectionThatWasClosedIsReplacedOnceForReads) {
  server.answer(kGone);
  answer_well();
  EXPECT_EQ(run(kRead), "done 0 0\nok");
  EXPECT_EQ(sent(), 2U);
}

TEST_F(RetryTest, ASecondLossOfAReadIsAnError) {
  server.answer(kGone);
  server.answer(kGone);
  EXPECT_EQ(run(kRead), "error io");
  EXPECT_EQ(sent(), 2U);
}

TEST_F(RetryTest, AWriteWhoseAnswerIsLostMayHaveRun) {
  server.answer(kGone);
  EXPECT_EQ(run(kWrite), "error io unknown");
  EXPECT_EQ(sent(), 1U);
}

TEST_F(RetryTest, TheBeginningOfATransactionIsRepeated) {
  db.begin_transaction(TransactionMode::immediate);
  server.answer(kGone);
  server.answer_results(batch({{result(), "null"}, {result(), "null"}}) + "," + autocommit(false),
                        R"("B1")");
  EXPECT_EQ(run(kWrite), "done 3 0\nok");
  EXPECT_TRUE(db.in_transaction());
  EXPECT_EQ(sent(), 2U);
}

TEST_F(RetryTest, NothingInATransactionIsRepeated) {
  start_transaction();
  server.answer(kGone);
  EXPECT_EQ(run(kRead).substr(0, 13), "error io lost");
  EXPECT_EQ(sent(), 2U);
}

TEST_F(RetryTest, ACommitWhoseAnswerIsLostMayHaveRun) {
  start_transaction();
  server.answer(kGone);
  EXPECT_EQ(RequestTrace::of(db, request::Commit{}), "error io lost unknown");
  EXPECT_EQ(sent(), 2U);
}

TEST_F(RetryTest, AnAtomicBatchIsNotRepeated) {
  server.answer(kGone);
  EXPECT_THROW(static_cast<void>(db.run(Batch().add("DELETE FROM t"))), Error);
  EXPECT_EQ(sent(), 1U);
}

TEST_F(RetryTest, AnAnswerThatIsLostHalfWayIsNotRepeated) {
  server.answer({"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"baton\"", true, false});
  EXPECT_EQ(run(kRead), "error io");
  EXPECT_EQ(sent(), 1U);
}

TEST_F(RetryTest, BusyIsReportedAndNotRepeated) {
  server.answer_results(failed(server_error("SQLITE_BUSY", "database is locked")) + "," + closed());
  EXPECT_EQ(run(kWrite), "error busy 5 retryable");
  EXPECT_EQ(sent(), 1U);
}

TEST_F(RetryTest, ARefusedTokenIsNotRepeated) {
  for (const int status : {401, 403}) {
    server.answer(answer_with(R"({"error":"Unauthorized: `expired`"})", status));
    EXPECT_EQ(run(kRead), "error denied unauthorised");
  }
  EXPECT_EQ(sent(), 2U);
}

// By the meaning of its status (RFC 9110, section 15; RFC 6585).
TEST_F(RetryTest, AWriteThatTheServerDidNotTakeHasNotRun) {
  for (const auto& [status, outcome] :
       std::vector<std::pair<int, std::string>>{{301, "error cannot_open unavailable"},
                                                {308, "error cannot_open unavailable"},
                                                {401, "error denied unauthorised"},
                                                {413, "error too_big"},
                                                {431, "error error"}}) {
    server.answer(answer_with("", status));
    EXPECT_EQ(run(kWrite), outcome) << status;
  }
  server.answer(answer_with("", 403));
  EXPECT_EQ(run(kWrite), "error denied unknown unauthorised");
}

TEST_F(RetryTest, AnUnknownDatabaseIsNotRepeated) {
  server.answer(answer_with(R"({"error":"Namespace `x` doesn't exist"})", 404));
  EXPECT_EQ(run(kRead), "error cannot_open unavailable");
  EXPECT_EQ(sent(), 1U);
}

TEST_F(RetryTest, RetryAfterIsTheLeastThatIsWaited) {
  server.answer(
      {"HTTP/1.1 429 Too Many\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n", false, false});
  answer_well();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(run(kRead), "done 0 0\nok");
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1));
}

TEST_F(RetryTest, AWaitBeyondTheDeadlineIsNotBegun) {
  server.answer(
      {"HTTP/1.1 429 Too Many\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n", false, false});
  Limits limits;
  limits.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  EXPECT_EQ(RequestTrace::of(db, request::Execute{{kRead}}, limits), "error busy retryable");
  EXPECT_EQ(sent(), 1U);
}

}  // namespace
}  // namespace libsql::remote
