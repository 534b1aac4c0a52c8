// Pulling from a primary over HTTP: every protocol, and what servers do to it.
#include "replica/replicator.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <thread>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>

#include "remote/network.h"
#include "remote/url.h"
#include "testing/database_test.h"
#include "testing/matchers.h"
#include "testing/pull_server.h"
#include "testing/wait.h"

namespace libsql::replica {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::PullProtocol;
using testing::PullServer;
using testing::query;
using testing::throws_error;

Replicator::Config config_for(const std::string& file, const std::string& url) {
  RemoteOptions options;
  options.attempts = 1;
  Replicator::Config config;
  config.file.file = file;
  config.file.primary = url;
  config.origin = remote::make_origin(remote::parse_url(url), options);
  config.idle = seconds(5);
  return config;
}

class ReplicatorTest : public testing::FileTest,
                       public ::testing::WithParamInterface<PullProtocol> {
 protected:
  [[nodiscard]] std::shared_ptr<Replicator> open() const {
    return Replicator::open(config_for(path(), server_.url()));
  }
  [[nodiscard]] std::string rows(const std::string& sql) const {
    Options options;
    options.mode = OpenMode::read_only;
    Connection db = Database(path(), options).connect();
    EXPECT_EQ(query(db, "PRAGMA integrity_check"), "'ok'");
    return query(db, sql);
  }
  // As it is on the disk when its log has been moved into it.
  [[nodiscard]] std::string bytes_of_replica() const {
    connect().checkpoint(CheckpointMode::truncate);
    std::ifstream file(path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  PullServer server_{path("primary.db"), GetParam()};
};

SyncReport sync(Replicator& replicator) { return replicator.sync_and_wait({}); }

TEST_P(ReplicatorTest, TheFirstSyncBringsEverythingAndLaterOnesTheRest) {
  server_.execute("CREATE TABLE t(a); INSERT INTO t SELECT value FROM " + testing::series(2000));
  const auto replicator = open();
  EXPECT_GT(sync(*replicator).pages, 3U);
  EXPECT_EQ(rows("SELECT count(*) FROM t"), "2000");
  server_.execute("DELETE FROM t WHERE a > 5");
  EXPECT_GT(sync(*replicator).pages, 0U);
  EXPECT_EQ(rows("SELECT count(*) FROM t"), "5");
  EXPECT_EQ(sync(*replicator).pages, 0U);
  EXPECT_EQ(replicator->status().syncs, 3U);
}

TEST_P(ReplicatorTest, TheFileIsThePrimarysByteForByte) {
  server_.execute("CREATE TABLE t(a, b); CREATE INDEX i ON t(b)");
  const auto replicator = open();
  for (int round = 0; round < 20; ++round) {
    server_.execute("INSERT INTO t SELECT value, hex(randomblob(40)) FROM " + testing::series(50));
    if (round % 5 == 4) server_.execute("DELETE FROM t WHERE a % 2 = 0; VACUUM");
    sync(*replicator);
  }
  EXPECT_EQ(rows("SELECT count(*) FROM t").empty(), false);
  EXPECT_TRUE(bytes_of_replica() == server_.file());
}

TEST_P(ReplicatorTest, ANewStartGoesOnFromThePositionWithTheSameProtocol) {
  server_.execute("CREATE TABLE t(a)");
  sync(*open());
  server_.execute("INSERT INTO t VALUES (1)");
  static_cast<void>(server_.take_requests());
  const SyncReport report = sync(*open());
  EXPECT_LE(report.pages, 2U);
  EXPECT_THAT(server_.take_requests(), ::testing::Not(::testing::Contains("/info")));
  EXPECT_EQ(rows("SELECT a FROM t"), "1");
}

TEST_P(ReplicatorTest, AnAnswerThatIsCutAnywhereChangesNothingThatIsHalf) {
  server_.execute("CREATE TABLE t(a); INSERT INTO t VALUES (0)");
  const auto replicator = open();
  sync(*replicator);
  server_.execute("INSERT INTO t SELECT value FROM " + testing::series(900));
  for (std::size_t at = 1; at < 30'000; at += 1777) {
    server_.tamper([at](const auto& /*request*/, testing::ScriptedAnswer& answer) {
      if (at >= answer.bytes.size()) return;
      answer.bytes.resize(at);
      answer.close = true;
    });
    try {
      sync(*replicator);
    } catch (const Error&) {
      EXPECT_TRUE(replicator->status().offline_since.has_value());
    }
    EXPECT_THAT(rows("SELECT count(*) FROM t"), ::testing::AnyOf("1", "901")) << at;
  }
  server_.tamper({});
  sync(*replicator);
  EXPECT_EQ(rows("SELECT count(*) FROM t"), "901");
  EXPECT_FALSE(replicator->status().offline_since.has_value());
}

TEST_P(ReplicatorTest, AFirstCopyThatIsCutLeavesNoFile) {
  server_.execute("CREATE TABLE t(a); INSERT INTO t SELECT value FROM " + testing::series(3000));
  server_.tamper([](const auto& /*request*/, testing::ScriptedAnswer& answer) {
    if (answer.bytes.size() < 10'000) return;
    answer.bytes.resize(answer.bytes.size() / 2);
    answer.close = true;
  });
  const auto replicator = open();
  EXPECT_THAT([&] { sync(*replicator); }, throws_error(ErrorKind::io, ""));
  EXPECT_FALSE(std::filesystem::exists(path()));
  server_.tamper({});
  sync(*replicator);
  EXPECT_EQ(rows("SELECT count(*) FROM t"), "3000");
}

TEST_P(ReplicatorTest, AFirstCopyIsReportedWhileItGoesOnAndAtItsEnd) {
  server_.execute("CREATE TABLE t(a); INSERT INTO t SELECT zeroblob(3000) FROM " +
                  testing::series(2000));
  // A slow network: an answer takes longer than the time between two reports.
  std::atomic<int> asked = 0;
  server_.tamper([&asked](const auto& /*request*/, const testing::ScriptedAnswer& /*answer*/) {
    if (++asked < 6) std::this_thread::sleep_for(milliseconds(150));
  });
  const auto replicator = open();
  std::vector<SyncEvent> events;
  const auto watching =
      replicator->watch({"", [&](const SyncEvent& event) { events.push_back(event); }});
  const SyncReport report = sync(*replicator);
  ASSERT_FALSE(events.empty());
  EXPECT_TRUE(events.back().ended);
  EXPECT_TRUE(events.back().everything);
  EXPECT_EQ(events.back().report.pages, report.pages);
  EXPECT_EQ(events.back().report.frame, report.frame);
  std::uint64_t bytes = 0;
  for (const SyncEvent& event : events) {
    // The end may come right behind the last piece.
    EXPECT_GE(event.report.bytes, bytes + (event.ended ? 0 : 1));
    bytes = event.report.bytes;
  }
  // All of it is in one answer there, which may come at once.
  if (GetParam() != PullProtocol::updates) {
    EXPECT_GT(events.size(), 1U);
  }
  events.clear();
  asked = 0;
  sync(*replicator);
  EXPECT_TRUE(events.empty()) << "it has brought nothing";
}

TEST_P(ReplicatorTest, ADatabaseThatNobodyHasWrittenIsAnEmptyReplica) {
  const auto replicator = open();
  sync(*replicator);
  EXPECT_EQ(rows("SELECT count(*) FROM sqlite_schema"), "0");
  server_.execute("CREATE TABLE t(a)");
  sync(*replicator);
  EXPECT_EQ(rows("SELECT count(*) FROM sqlite_schema"), "1");
}

TEST_P(ReplicatorTest, ARefusedTokenIsAnErrorThatSaysSo) {
  server_.tamper([](const auto& /*request*/, testing::ScriptedAnswer& answer) {
    answer = testing::answer_with(R"({"error":"the token has expired"})", 401);
  });
  const auto replicator = open();
  EXPECT_THAT([&] { sync(*replicator); }, throws_error(ErrorKind::denied, "the token has expired"));
}

TEST_P(ReplicatorTest, FreezingLeavesAnOrdinaryDatabase) {
  server_.execute("CREATE TABLE t(a); INSERT INTO t VALUES (1)");
  const auto replicator = open();
  sync(*replicator);
  replicator->freeze();
  EXPECT_FALSE(std::filesystem::exists(path() + "-replica"));
  EXPECT_THAT([&] { sync(*replicator); }, throws_error(ErrorKind::unsupported, "frozen"));
  connect().execute("INSERT INTO t VALUES (2)");
  EXPECT_EQ(rows("SELECT a FROM t"), "1\n2");
}

TEST_P(ReplicatorTest, WhoeverIsLateIsToldWhileTheSyncGoesOn) {
  server_.execute("CREATE TABLE t(a)");
  const auto replicator = open();
  server_.tamper([](const auto& /*request*/, testing::ScriptedAnswer& answer) {
    answer.bytes.resize(10);
    answer.silent = true;
  });
  SyncRequest request;
  request.timeout = milliseconds(100);
  EXPECT_THAT([&] { replicator->sync_and_wait(request); }, throws_error(ErrorKind::timeout, ""));
}

INSTANTIATE_TEST_SUITE_P(Protocols, ReplicatorTest,
                         ::testing::Values(PullProtocol::replication_log, PullProtocol::updates,
                                           PullProtocol::generations),
                         [](const auto& instance) {
                           switch (instance.param) {
                             case PullProtocol::replication_log:
                               return "ReplicationLog";
                             case PullProtocol::updates:
                               return "Updates";
                             default:
                               return "Generations";
                           }
                         });

// --- The replication log alone ---

class LogReplicatorTest : public testing::FileTest {
 protected:
  void SetUp() override {
    server_.execute("CREATE TABLE t(a); INSERT INTO t VALUES (1)");
    replicator_ = Replicator::open(config_for(path(), server_.url()));
    sync(*replicator_);
    static_cast<void>(server_.take_requests());
  }
  [[nodiscard]] std::string rows(const std::string& sql) const {
    Options options;
    options.mode = OpenMode::read_only;
    Connection db = Database(path(), options).connect();
    return query(db, sql);
  }

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

TEST_F(LogReplicatorTest, AGapIsBridgedByASnapshot) {
  server_.execute("INSERT INTO t SELECT value FROM " + testing::series(1500));
  server_.execute("UPDATE t SET a = a + 1");
  server_.compact();
  server_.execute("INSERT INTO t VALUES (-1)");
  sync(*replicator_);
  EXPECT_EQ(rows("SELECT count(*), min(a) FROM t"), "1502|-1");
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
  Replicator::Config config = config_for(path(), server_.url());
  config.interval = milliseconds(20);
  const auto same = Replicator::open(config);
  EXPECT_EQ(same, replicator_) << "one for each file";
  server_.execute("INSERT INTO t VALUES (2)");
  EXPECT_TRUE(testing::eventually([&] { return rows("SELECT count(*) FROM t") == "2"; }));
}

TEST_F(LogReplicatorTest, AServerWithoutAnyProtocolIsRefused) {
  PullServer none(path("other.db"), PullProtocol::none);
  const auto other = Replicator::open(config_for(path("other-replica.db"), none.url()));
  EXPECT_THAT([&] { sync(*other); }, throws_error(ErrorKind::unsupported, "none of the protocols"));
}

}  // namespace
}  // namespace libsql::replica
