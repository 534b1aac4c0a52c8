// The synchronous calls over a session whose answers are pending: each waits for its own.
#include "testing/late_session.h"

#include <memory>
#include <thread>

#include <gmock/gmock.h>

#include "libsql/batch.h"
#include "testing/database_test.h"
#include "testing/matchers.h"
#include "testing/session_of.h"
#include "testing/wait.h"

namespace libsql {
namespace {

using testing::LateSession;
using testing::query;
using testing::throws_error;

class LateSessionTest : public testing::FileTest {
 protected:
  LateSessionTest() { local_.execute("CREATE TABLE t(a PRIMARY KEY)"); }

  std::shared_ptr<LateSession> session(LateSession::Answers answers = LateSession::Answers::late) {
    return std::make_shared<LateSession>(ConnectionAccess::shared(local_), answers);
  }

  Connection local_ = connect();
};

TEST_F(LateSessionTest, TransactionsAndSavepointsWaitForTheirAnswers) {
  Connection db = ConnectionAccess::connection(session());
  Transaction transaction = db.begin(TransactionMode::immediate);
  EXPECT_EQ(db.execute("INSERT INTO t VALUES (1)"), 1);
  {
    const Savepoint savepoint = transaction.savepoint("inner");
    db.execute("INSERT INTO t VALUES (2)");
  }
  transaction.commit();
  EXPECT_EQ(query(local_, "SELECT a FROM t"), "1");
  EXPECT_THAT([&] { db.commit(); }, throws_error(ErrorKind::misuse));
}

TEST_F(LateSessionTest, ABatchCollectsAnAnswerThatComesLate) {
  Connection db = ConnectionAccess::connection(session());
  Batch batch;
  batch.add("INSERT INTO t VALUES (?)", {1}).add("INSERT INTO t VALUES (1)").add("SELECT a FROM t");
  const auto results = db.run(batch, OnError::proceed);
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[0].count, 1);
  EXPECT_EQ(results[1].error.value().kind(), ErrorKind::constraint);
  EXPECT_THAT(results[2].rows, ::testing::ElementsAre(::testing::ElementsAre(Value(1))));
  EXPECT_THAT([&] { return db.run(batch); }, throws_error(ErrorKind::constraint));
}

TEST_F(LateSessionTest, AnInterruptEndsACallWhoseAnswerNeverComes) {
  const auto never = session(LateSession::Answers::never);
  Connection db = ConnectionAccess::connection(never);
  std::jthread interrupter([&] {
    EXPECT_TRUE(testing::eventually([&] { return never->waits(); }));
    db.interrupt();
  });
  EXPECT_THAT([&] { db.begin_transaction(TransactionMode::deferred); },
              throws_error(ErrorKind::interrupted));
}

TEST_F(LateSessionTest, WhatOnlyALocalFileHasIsUnsupported) {
  Connection db = ConnectionAccess::connection(session());
  EXPECT_THAT([&] { db.checkpoint(CheckpointMode::passive); },
              throws_error(ErrorKind::unsupported));
  EXPECT_THAT([&] { return db.serialise(); }, throws_error(ErrorKind::unsupported));
  EXPECT_THAT([&] { return db.open_blob("t", "a", 1); }, throws_error(ErrorKind::unsupported));
  EXPECT_THAT([&] { db.enable_extensions(true); }, throws_error(ErrorKind::unsupported));
  EXPECT_THAT([&] { return db.stats(); }, throws_error(ErrorKind::unsupported));
}

// Ends a batch with an error of its own, after a member that others were to follow has failed.
class BrokenBatch final : public core::Session {
 public:
  Started start(const Request& /*request*/, const Limits& /*limits*/, Receiver& receiver) override {
    receiver.failed(Error(ErrorKind::constraint, "a member's error"));
    const Error error(ErrorKind::io, "the batch's own error");
    receiver.finished(&error, {});
    return Started::finished;
  }
  void close() noexcept override {}
  bool is_open() const noexcept override { return true; }
  void cancel(const Receiver& /*receiver*/) noexcept override {}
  void interrupt() noexcept override {}
  SessionState state() const override { return {}; }
  bool read_only() const override { return false; }
  void set_deadline(std::optional<std::chrono::steady_clock::time_point> /*deadline*/) override {}
  std::unique_ptr<core::PreparedStatement> prepare(std::string_view /*sql*/,
                                                   core::PrepareMode /*mode*/,
                                                   std::string_view* /*tail*/) override {
    return nullptr;
  }
  void give_back(std::unique_ptr<core::PreparedStatement> /*statement*/) noexcept override {}
};

TEST(BrokenBatchTest, AnErrorOfTheBatchIsNotHiddenBehindAFailedMember) {
  Connection db = ConnectionAccess::connection(std::make_shared<BrokenBatch>());
  Batch batch;
  batch.add("SELECT 1").add("SELECT 2");
  EXPECT_THAT([&] { return db.run(batch, OnError::proceed); }, throws_error(ErrorKind::io));
}

}  // namespace
}  // namespace libsql
