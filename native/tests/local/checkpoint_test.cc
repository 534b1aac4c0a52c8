// The automatic checkpoint: which commit runs it.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "testing/database_test.h"
#include "testing/queue_of.h"
#include "testing/session_of.h"

namespace libsql {
namespace {

using namespace std::chrono_literals;
using local::StatementCost;
using testing::cost_of;
using testing::query;
using testing::session_of;

constexpr std::string_view kInsert = "INSERT INTO t VALUES (1)";

Options with_checkpoint_at(int frames) {
  Options options;
  options.wal_auto_checkpoint = frames;
  return options;
}

// Each is a transaction of its own and fills a page.
void insert_large(Connection& connection, int rows) {
  for (int i = 0; i < rows; ++i) connection.execute("INSERT INTO t VALUES (zeroblob(3000))");
}

class CheckpointTest : public testing::FileTest {
 protected:
  CheckpointTest() { one_.execute("CREATE TABLE t(a)"); }
  Connection one_ = connect();
  std::shared_ptr<local::WriterQueue> queue_ = testing::queue_of(path());
};

TEST_F(CheckpointTest, ACommitUnderABudgetRunsNoCheckpoint) {
  const Options options = with_checkpoint_at(2);
  Connection writer = connect(options);
  session_of(writer).set_budget(1s);
  insert_large(writer, 3);
  EXPECT_EQ(writer.stats().checkpoints, 0U);
  // Another connection takes it into account: its commits are too costly for a normal scheduler.
  Connection other = connect(options);
  Transaction transaction = other.begin(TransactionMode::immediate);
  other.execute(kInsert);
  EXPECT_EQ(session_of(other).end_of_transaction_cost(), StatementCost::unbounded);
  transaction.commit();
  EXPECT_EQ(other.stats().checkpoints, 1U);
}

TEST_F(CheckpointTest, CheckpointsAutomaticallyWithoutABudget) {
  const Options options = with_checkpoint_at(2);
  Connection writer = connect(options);
  insert_large(writer, 10);
  EXPECT_GE(writer.stats().checkpoints, 1U);
}

TEST_F(CheckpointTest, PragmasLeaveTheAutomaticCheckpointInPlace) {
  Options options = with_checkpoint_at(2);
  Connection writer = connect(options);
  EXPECT_EQ(query(writer, "PRAGMA synchronous"), "1");
  insert_large(writer, 3);
  const auto before = writer.stats().checkpoints;
  EXPECT_GE(before, 1U);
  EXPECT_EQ(query(writer, "PRAGMA wal_autocheckpoint = 1000"), "1000");
  EXPECT_EQ(query(writer, "PRAGMA wal_autocheckpoint"), "1000");
  insert_large(writer, 3);
  EXPECT_EQ(writer.stats().checkpoints, before);
  EXPECT_EQ(query(writer, "PRAGMA wal_autocheckpoint = 2"), "2");
  writer.execute(kInsert);
  EXPECT_GT(writer.stats().checkpoints, before);
  options.wal_auto_checkpoint = 1000;
  options.pragmas = {{"wal_autocheckpoint", "2"}};
  Connection other = connect(options);
  insert_large(other, 3);
  EXPECT_GE(other.stats().checkpoints, 1U);
}

TEST_F(CheckpointTest, AttachedLogsAreCheckpointedToo) {
  Options options = with_checkpoint_at(2);
  options.attach = {{"aux", path("attached.db")}};
  Connection writer = connect(options);
  writer.execute("PRAGMA aux.journal_mode = wal");
  writer.execute("CREATE TABLE aux.t(a)");
  for (int i = 0; i < 10; ++i) writer.execute("INSERT INTO aux.t VALUES (zeroblob(3000))");
  const CheckpointResult rest = writer.checkpoint(CheckpointMode::passive, "aux");
  EXPECT_LT(rest.log_frames, 10);
}

// A log that grows during its checkpoint is never copied whole, and so would never restart.
TEST_F(CheckpointTest, TheLogRestartsUnderManyWriters) {
  const Options options = with_checkpoint_at(20);
  connect(options).execute("INSERT INTO t VALUES (1)");
  std::vector<std::jthread> threads;
  threads.reserve(4);
  for (int id = 0; id < 4; ++id) {
    threads.emplace_back([&] {
      Connection connection = connect(options);
      for (int i = 0; i < 200; ++i) EXPECT_EQ(connection.execute(kInsert), 1);
    });
  }
  threads.clear();
  EXPECT_LT(one_.checkpoint(CheckpointMode::passive).log_frames, 100);
}

TEST_F(CheckpointTest, WhileOthersWaitALongLogIsSyncedAheadOfItsCheckpoint) {
  const Options options = with_checkpoint_at(40);
  Connection writer = connect(options);
  Connection waiter = connect(options);
  while (queue_->log_frames < 32) insert_large(writer, 1);
  Statement insert = writer.prepare(kInsert);
  insert.execute();
  ASSERT_EQ(cost_of(insert), StatementCost::bounded_write);
  const auto cost_with_a_waiter = [&] {
    Transaction transaction = writer.begin(TransactionMode::immediate);
    insert.execute();
    EXPECT_EQ(session_of(writer).end_of_transaction_cost(), StatementCost::bounded_write);
    const auto ticket = session_of(waiter).queue_for_write([] {});
    const StatementCost cost = session_of(writer).end_of_transaction_cost();
    transaction.commit();
    return cost;
  };
  EXPECT_EQ(cost_with_a_waiter(), StatementCost::unbounded);
  EXPECT_TRUE(queue_->log_synced);
  EXPECT_EQ(cost_with_a_waiter(), StatementCost::bounded_write);
}

// Readers that take turns, so that one of them is always in a transaction: each begins before the
// one before it ends.
class OverlappingReaders {
 public:
  OverlappingReaders(const std::string& path, std::string sql) {
    for (int i = 0; i < 4; ++i) {
      threads_.emplace_back([path, sql, i](const std::stop_token& stop) {
        Connection reader = Database(path).connect();
        std::this_thread::sleep_for(5ms * i);
        while (!stop.stop_requested()) {
          Transaction transaction = reader.begin(TransactionMode::deferred);
          query(reader, sql);
          std::this_thread::sleep_for(20ms);
        }
      });
    }
  }

 private:
  std::vector<std::jthread> threads_;
};

TEST_F(CheckpointTest, TruncatesALogThatOverlappingReadersHaveLetGrow) {
  Options options = with_checkpoint_at(20);
  options.synchronous = "off";  // A busy disk would count as waiting for readers.
  Connection writer = connect(options);
  const OverlappingReaders readers(path(), "SELECT count(*) FROM t");
  std::uintmax_t longest = 0;
  for (int i = 0; i < 400; ++i) {
    insert_large(writer, 1);
    longest = std::max(longest, std::filesystem::file_size(path() + "-wal"));
    std::this_thread::sleep_for(1ms);
  }
  // 400 commits write some 1,200 frames of 4,120 bytes; four thresholds are 80 frames.
  EXPECT_LT(longest, 4'120U * 80 * 4);
}

TEST_F(CheckpointTest, TruncatesTheLogOfAnAttachedDatabaseThatReadersHaveLetGrow) {
  Options options = with_checkpoint_at(20);
  options.attach = {{"aux", path("attached.db")}};
  Connection writer = connect(options);
  writer.execute("PRAGMA aux.journal_mode = wal");
  writer.execute("PRAGMA aux.synchronous = off");
  writer.execute("CREATE TABLE aux.t(a)");
  const OverlappingReaders readers(path("attached.db"), "SELECT count(*) FROM t");
  std::uintmax_t longest = 0;
  for (int i = 0; i < 400; ++i) {
    writer.execute("INSERT INTO aux.t VALUES (zeroblob(3000))");
    longest = std::max(longest, std::filesystem::file_size(path("attached.db-wal")));
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_LT(longest, 4'120U * 80 * 4);
}

TEST_F(CheckpointTest, StopsTruncatingForAReaderThatDoesNotEnd) {
  Connection writer = connect(with_checkpoint_at(5));
  Connection reader = connect();
  const Transaction transaction = reader.begin(TransactionMode::deferred);
  query(reader, "SELECT count(*) FROM t");
  const auto began = std::chrono::steady_clock::now();
  insert_large(writer, 200);
  // One wait of 250 ms at 20 frames, then at 40, 80, 160, 320: not one for each commit.
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
}

}  // namespace
}  // namespace libsql
