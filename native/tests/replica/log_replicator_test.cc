// Pulling from a primary by its replication log ("V1"): sessions, histories, frames to wait for.
#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "testing/database_test.h"
#include "testing/matchers.h"
#include "testing/pull_server.h"
#include "testing/replicator.h"
#include "testing/wait.h"

namespace libsql::replica {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::PullProtocol;
using testing::PullServer;
using testing::query;
using testing::sync;
using testing::throws_error;

class LogReplicatorTest : public testing::FileTest {
 protected:
  void SetUp() override {
    server_.execute("CREATE TABLE t(a); INSERT INTO t VALUES (1)");
    replicator_ = Replicator::open(testing::replicator_config(path(), server_.url()));
    sync(*replicator_);
    static_cast<void>(server_.take_requests());
  }
  [[nodiscard]] std::string rows(const std::string& sql) const {
    Options options;
    options.mode = OpenMode::read_only;
    Connection db = Database(path(), options).connect();
    return query(db, sql);
  }

  // A pull is wanted while its turn is another process's, until `lock` goes. True when the primary
  // has been asked for frames.
  [[nodiscard]] bool is_asked_ahead(std::uint64_t frame) {
    std::vector<std::string> requests;
    replicator_->sync({frame}, Replicator::Clock::now() + seconds(5),
                      [this](const Error* error, const SyncReport& report) {
                        EXPECT_EQ(error, nullptr);
                        reached_ = report.frame.value_or(0);
                      });
    return testing::eventually([&] {
      for (std::string& one : server_.take_requests()) requests.push_back(std::move(one));
      return requests == std::vector<std::string>{kEntries};
    });
  }
  [[nodiscard]] std::unique_ptr<ReplicaLock> other_process() const {
    auto lock = ReplicaLock::acquire(path(), seconds(5));
    EXPECT_NE(lock, nullptr);
    return lock;
  }

  static constexpr const char* kEntries = "/wal_log.ReplicationLog/BatchLogEntries";
  // 0: not yet.
  std::atomic<std::uint64_t> reached_ = 0;
  PullServer server_{path("primary.db"), PullProtocol::replication_log};
  std::shared_ptr<Replicator> replicator_;
};

TEST_F(LogReplicatorTest, AKnownFrameIsReachedInOneRoundTrip) {
  server_.execute("INSERT INTO t VALUES (2)");
  SyncRequest request;
  request.frame = server_.head();
  EXPECT_EQ(replicator_->sync_and_wait(request).frame, server_.head());
  EXPECT_THAT(server_.take_requests(),
              ::testing::ElementsAre("/wal_log.ReplicationLog/BatchLogEntries"));
}

TEST_F(LogReplicatorTest, FramesOfACommitAreAskedForBeforeTheReplicaHasItsTurn) {
  auto lock = other_process();
  server_.execute("INSERT INTO t VALUES (2)");
  EXPECT_TRUE(is_asked_ahead(server_.head()));
  lock.reset();
  EXPECT_TRUE(testing::eventually([&] { return reached_.load() == server_.head(); }));
  EXPECT_THAT(server_.take_requests(), ::testing::IsEmpty()) << "asked for twice";
  EXPECT_EQ(rows("SELECT a FROM t"), "1\n2");
}

TEST_F(LogReplicatorTest, WhatIsCommittedAfterFramesWereAskedForIsPulledToo) {
  auto lock = other_process();
  EXPECT_TRUE(is_asked_ahead(server_.head())) << "there is none yet";
  server_.execute("INSERT INTO t VALUES (2)");
  lock.reset();
  SyncRequest request;
  request.frame = server_.head();
  EXPECT_EQ(replicator_->sync_and_wait(request).frame, server_.head());
  EXPECT_EQ(rows("SELECT a FROM t"), "1\n2");
}

TEST_F(LogReplicatorTest, FramesThatWereAskedForAreDroppedWhereTheFileNeedsOthers) {
  auto lock = other_process();
  server_.execute("INSERT INTO t VALUES (2)");
  EXPECT_TRUE(is_asked_ahead(server_.head()));
  for (const char* const ending : {"", "-wal", "-shm"}) std::filesystem::remove(path() + ending);
  lock.reset();
  EXPECT_TRUE(testing::eventually([&] { return reached_.load() == server_.head(); }));
  EXPECT_EQ(rows("SELECT a FROM t"), "1\n2");
}

// The function may wait for whoever waits for the commit.
TEST_F(LogReplicatorTest, ATokenIsAskedForByTheReplicatorsThreadAlone) {
  RemoteOptions options;
  std::atomic<std::thread::id> asked_on;
  options.auth_token = TokenFunction([&](TokenAnswer answer) {
    asked_on = std::this_thread::get_id();
    answer.give(AuthToken("token"));
  });
  Replicator::Config config = testing::replicator_config(path(), server_.url());
  config.origin = remote::make_origin(remote::parse_url(server_.url()), options);
  ASSERT_EQ(Replicator::open(config), replicator_);
  sync(*replicator_);
  asked_on = std::thread::id();
  const auto lock = other_process();
  server_.execute("INSERT INTO t VALUES (2)");
  replicator_->sync({server_.head()}, Replicator::Clock::now() + milliseconds(10),
                    [](const Error*, const SyncReport&) {});
  EXPECT_EQ(asked_on.load(), std::thread::id());
}

TEST_F(LogReplicatorTest, APrimaryThatWasStartedAgainIsGreetedAgain) {
  server_.execute("INSERT INTO t VALUES (2)");
  server_.forget_sessions();
  SyncRequest request;
  request.frame = server_.head();
  replicator_->sync_and_wait(request);
  EXPECT_EQ(rows("SELECT a FROM t"), "1\n2");
}

// The new log of sqld, after it was killed, has the whole database in fewer frames than the old
// one.
TEST_F(LogReplicatorTest, AFrameOfANewLogIsNotTakenForOneOfTheOld) {
  server_.execute("INSERT INTO t VALUES (2)");
  server_.reset_log();
  SyncRequest request;
  request.frame = 0;
  replicator_->sync_and_wait(request);
  EXPECT_EQ(rows("SELECT a FROM t"), "1\n2");
}

TEST_F(LogReplicatorTest, AnotherLogReplacesTheContent) {
  const std::uint64_t before = replicator_->epoch();
  server_.execute("DROP TABLE t; CREATE TABLE u(b); INSERT INTO u VALUES (3)");
  server_.reset_log();
  sync(*replicator_);
  EXPECT_EQ(rows("SELECT b FROM u"), "3");
  EXPECT_NE(replicator_->epoch(), before);
}

TEST_F(LogReplicatorTest, FramesOfAnotherLogAreDroppedAlsoWithinOneSession) {
  server_.execute("DROP TABLE t; CREATE TABLE u(b); INSERT INTO u VALUES (3)");
  server_.rename_log();
  const SyncReport report = sync(*replicator_);
  EXPECT_EQ(report.pages, server_.head() + 1) << "the whole log, and none of its frames twice";
  EXPECT_EQ(rows("SELECT b FROM u"), "3");
}

TEST_F(LogReplicatorTest, AWriteBetweenTheTwoRequestsOfASyncIsPulledToo) {
  std::optional<testing::ScriptedAnswer> nothing;
  server_.tamper([&](const auto& request, const testing::ScriptedAnswer& answer) {
    if (request.target().ends_with("/BatchLogEntries")) nothing = answer;
  });
  sync(*replicator_);
  ASSERT_TRUE(nothing);
  server_.execute("INSERT INTO t VALUES (2)");
  // The frames are asked for before the write, the head after it.
  server_.tamper([&](const auto& request, testing::ScriptedAnswer& answer) {
    if (nothing && request.target().ends_with("/BatchLogEntries")) {
      answer = *std::exchange(nothing, std::nullopt);
    }
  });
  EXPECT_EQ(sync(*replicator_).frame, server_.head());
  EXPECT_EQ(rows("SELECT a FROM t"), "1\n2");
}

TEST_F(LogReplicatorTest, AGapIsBridgedByASnapshot) {
  server_.execute("INSERT INTO t SELECT value FROM " + testing::series(1500));
  server_.execute("UPDATE t SET a = a + 1");
  server_.compact();
  server_.execute("INSERT INTO t VALUES (-1)");
  sync(*replicator_);
  EXPECT_EQ(rows("SELECT count(*), min(a) FROM t"), "1502|-1");
}

// sqld writes the snapshot of 250 MB for longer than the ten seconds that other calls wait.
TEST_F(LogReplicatorTest, ASnapshotThatThePrimaryIsStillWritingIsWaitedFor) {
  server_.execute("INSERT INTO t VALUES (2)");
  constexpr int kSeconds = 11;
  server_.compact(kSeconds);
  sync(*replicator_);
  EXPECT_EQ(rows("SELECT a FROM t"), "1\n2");
}

TEST_F(LogReplicatorTest, AFrameThatThePrimaryDoesNotHaveIsAnError) {
  SyncRequest request;
  request.frame = server_.head() + 10;
  EXPECT_THAT([&] { replicator_->sync_and_wait(request); },
              throws_error(ErrorKind::io, "which it has announced"));
}

TEST_F(LogReplicatorTest, AWriteOfThisProcessIsAwaited) {
  server_.execute("INSERT INTO t VALUES (2)");
  replicator_->note_write(server_.head());
  EXPECT_TRUE(replicator_->is_behind());
  sync(*replicator_);
  EXPECT_FALSE(replicator_->is_behind());
  EXPECT_EQ(replicator_->status().written_frame, server_.head());
  replicator_->note_write(std::nullopt);
  EXPECT_TRUE(replicator_->is_behind());
  sync(*replicator_);
  EXPECT_FALSE(replicator_->is_behind());
}

TEST_F(LogReplicatorTest, WhatWasReadAtThePrimaryIsHereAfterASyncThatBeganLater) {
  const std::uint64_t round = replicator_->note_read();
  EXPECT_FALSE(replicator_->has_ended(round));
  EXPECT_FALSE(replicator_->is_behind()) << "only who has read it waits";
  sync(*replicator_);
  EXPECT_TRUE(replicator_->has_ended(round));
  EXPECT_FALSE(replicator_->has_ended(replicator_->note_read()));
}

TEST_F(LogReplicatorTest, AFrameOfTheOldLogDoesNotFailASyncWithTheNew) {
  SyncRequest request;
  request.frame = server_.head() + 1000;
  server_.reset_log();
  EXPECT_THAT([&] { replicator_->sync_and_wait(request); }, throws_error(ErrorKind::error, "yet"));
  EXPECT_FALSE(replicator_->is_failing());
}

TEST_F(LogReplicatorTest, AFileThatWasRemovedIsCopiedAgainByTheNextConnection) {
  for (const char* const ending : {"", "-wal", "-shm"}) std::filesystem::remove(path() + ending);
  replicator_->sync_first({});
  EXPECT_EQ(rows("SELECT a FROM t"), "1");
}

TEST_F(LogReplicatorTest, OfTheObserversWithOneNameTheOldestIsTold) {
  int first = 0;
  int second = 0;
  int nameless = 0;
  auto one = replicator_->watch({"name", [&](const SyncEvent&) { ++first; }});
  const auto two = replicator_->watch({"name", [&](const SyncEvent&) { ++second; }});
  const auto three = replicator_->watch({"", [&](const SyncEvent&) { ++nameless; }});
  server_.execute("INSERT INTO t VALUES (2)");
  sync(*replicator_);
  one.reset();
  server_.execute("INSERT INTO t VALUES (3)");
  sync(*replicator_);
  EXPECT_EQ(std::tuple(first, second, nameless), std::tuple(1, 1, 2));
}

TEST_F(LogReplicatorTest, AFailedSyncIsReportedToo) {
  std::vector<SyncEvent> events;
  const auto watching =
      replicator_->watch({"", [&](const SyncEvent& event) { events.push_back(event); }});
  server_.tamper([](const auto& /*request*/, testing::ScriptedAnswer& answer) {
    answer = testing::answer_with(R"({"error":"the token has expired"})", 401);
  });
  EXPECT_THAT([&] { sync(*replicator_); }, throws_error(ErrorKind::denied, ""));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events.front().error->kind(), ErrorKind::denied);
}

TEST_F(LogReplicatorTest, WhoFollowsASyncIsCalledAfterOneThatBeganLaterAndEndedWell) {
  int called = 0;
  replicator_->after_sync([&] { ++called; });
  server_.tamper([](const auto& /*request*/, testing::ScriptedAnswer& answer) {
    answer = testing::answer_with(R"({"error":"no"})", 401);
  });
  EXPECT_THAT([&] { sync(*replicator_); }, throws_error(ErrorKind::denied, ""));
  EXPECT_EQ(called, 0);
  server_.tamper({});
  sync(*replicator_);
  EXPECT_EQ(called, 1);
  sync(*replicator_);
  EXPECT_EQ(called, 1) << "once";
}

TEST_F(LogReplicatorTest, AnIntervalPullsByItself) {
  Replicator::Config config = testing::replicator_config(path(), server_.url());
  config.interval = milliseconds(20);
  const auto same = Replicator::open(config);
  EXPECT_EQ(same, replicator_) << "one for each file";
  server_.execute("INSERT INTO t VALUES (2)");
  EXPECT_TRUE(testing::eventually([&] { return rows("SELECT count(*) FROM t") == "2"; }));
}

TEST_F(LogReplicatorTest, AServerWithoutAnyProtocolIsRefused) {
  PullServer none(path("other.db"), PullProtocol::none);
  const auto other =
      Replicator::open(testing::replicator_config(path("other-replica.db"), none.url()));
  EXPECT_THAT([&] { sync(*other); }, throws_error(ErrorKind::unsupported, "none of the protocols"));
}

}  // namespace
}  // namespace libsql::replica
