// Pulling from a primary over HTTP: every protocol, and what servers do to it.
#include "replica/replicator.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <thread>
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

class ReplicatorTest : public testing::FileTest,
                       public ::testing::WithParamInterface<PullProtocol> {
 protected:
  [[nodiscard]] std::shared_ptr<Replicator> open() const {
    return Replicator::open(testing::replicator_config(path(), server_.url()));
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

// No answer is sent before all requests of the sync have come.
TEST_P(ReplicatorTest, ASyncToTheHeadTakesOneRoundTrip) {
  server_.execute("CREATE TABLE t(a)");
  const auto replicator = open();
  sync(*replicator);
  const std::size_t requests = GetParam() == PullProtocol::updates ? 1 : 2;
  std::atomic<std::size_t> came;
  std::atomic<bool> together = true;
  for (int round = 1; round <= 3; ++round) {
    if (round != 2) server_.execute("INSERT INTO t VALUES (1)");
    came = 0;
    server_.tamper([&](const auto& /*request*/, const testing::ScriptedAnswer& /*answer*/) {
      ++came;
      if (!testing::eventually([&] { return came >= requests; })) together = false;
    });
    static_cast<void>(server_.take_requests());
    EXPECT_EQ(sync(*replicator).pages > 0, round != 2);
    server_.tamper({});
    EXPECT_TRUE(together) << "a request waited for the answer of another one";
    EXPECT_EQ(server_.take_requests().size(), requests);
  }
  EXPECT_EQ(rows("SELECT count(*) FROM t"), "2");
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

TEST_P(ReplicatorTest, WhoHearsOfAFirstCopyHearsItsEndAlsoIfItIsSlowAndBringsNothing) {
  server_.tamper([](const auto& /*request*/, testing::ScriptedAnswer& answer) {
    answer.pause = {answer.bytes.size() - 1, milliseconds(250)};
  });
  const auto replicator = open();
  std::vector<SyncEvent> events;
  const auto watching =
      replicator->watch({"", [&](const SyncEvent& event) { events.push_back(event); }});
  EXPECT_EQ(sync(*replicator).pages, 0U);
  EXPECT_TRUE(events.empty() || events.back().ended);
  server_.execute("CREATE TABLE t(a); INSERT INTO t VALUES (zeroblob(100000))");
  EXPECT_GT(sync(*replicator).pages, 0U);
  ASSERT_FALSE(events.empty());
  EXPECT_TRUE(events.back().ended);
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

}  // namespace
}  // namespace libsql::replica
