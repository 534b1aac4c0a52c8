// The replication log against the database: what is rebuilt from it has the same bytes.
#include "server/replication/primary_log.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "libsql/database.h"
#include "rebuilt.h"
#include "testing/matchers.h"
#include "testing/query.h"
#include "testing/temporary_directory.h"

namespace libsql {
namespace {

using server::replication::LogView;
using server::replication::NewestPages;
using server::replication::PrimaryLog;
using server::replication::text_of;
using testing::difference;
using testing::rebuilt;
using testing::throws_error;

constexpr const char* kGrow =
    "INSERT INTO t(b) SELECT randomblob(500) FROM (WITH RECURSIVE s(v) AS (SELECT 1 UNION ALL "
    "SELECT v + 1 FROM s LIMIT 500) SELECT v FROM s)";

class PrimaryLogTest : public ::testing::Test {
 protected:
  PrimaryLogTest() { db_.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, b)"); }

  // Runs a script as the server does: what it commits is read behind it.
  void write(const std::string& sql) {
    db_.execute_script(sql);
    log_->capture();
  }
  void expect_same() {
    const std::string replica = rebuilt(log_->view());
    EXPECT_EQ(difference(replica, testing::bytes_of_file(path_)), "");
  }

  testing::TemporaryDirectory directory_;
  const std::string path_ = directory_.path();
  Connection db_ = Database(path_).connect();
  std::unique_ptr<PrimaryLog> log_ = std::make_unique<PrimaryLog>(path_);
};

TEST_F(PrimaryLogTest, BeginsWhenItIsAskedFor) {
  EXPECT_EQ(log_->head(), std::nullopt);
  write("INSERT INTO t(b) VALUES (1)");
  EXPECT_EQ(log_->head(), std::nullopt);
  const std::uint64_t head = log_->view().head();
  EXPECT_EQ(log_->head(), head);
  expect_same();
}

TEST_F(PrimaryLogTest, BeginsWithThePagesOfTheFileAndTheNewerOnesOfItsLog) {
  db_.execute(kGrow);
  db_.checkpoint(CheckpointMode::truncate);
  db_.execute("UPDATE t SET b = randomblob(500)");
  static_cast<void>(log_->view());
  expect_same();
}

TEST_F(PrimaryLogTest, HasEveryCommitInOrder) {
  std::uint64_t last = log_->view().head();
  for (const char* const sql :
       {"INSERT INTO t(b) VALUES (1)", "CREATE INDEX i ON t(b)", kGrow,
        "BEGIN; DELETE FROM t WHERE id % 2; INSERT INTO t(b) VALUES ('x'); COMMIT",
        "ALTER TABLE t ADD COLUMN c DEFAULT 7", "PRAGMA user_version = 5", "DROP INDEX i"}) {
    write(sql);
    EXPECT_GT(log_->head(), last) << sql;
    last = *log_->head();
    expect_same();
  }
}

TEST_F(PrimaryLogTest, FollowsAVacuumThatMakesTheFileSmaller) {
  write(kGrow);
  const std::uint32_t before = log_->view().pages;
  write("DELETE FROM t WHERE id > 3; VACUUM");
  EXPECT_LT(log_->view().pages, before);
  expect_same();
}

TEST_F(PrimaryLogTest, HasNothingOfWhatIsRolledBack) {
  const std::uint64_t head = log_->view().head();
  db_.execute("PRAGMA cache_size = 5");  // Pages are written into the log before the end.
  write(std::string("BEGIN; ") + kGrow + "; ROLLBACK");
  EXPECT_EQ(log_->view().head(), head);
  write("INSERT INTO t(b) VALUES ('after')");
  EXPECT_LT(log_->view().head(), head + 5);
  expect_same();
}

TEST_F(PrimaryLogTest, HasWhatSeveralConnectionsWriteAtOnce) {
  static_cast<void>(log_->view());
  std::vector<std::thread> writers;
  writers.reserve(4);
  for (int writer = 0; writer < 4; ++writer) {
    writers.emplace_back([this] {
      Connection db = Database(path_).connect();
      for (int i = 0; i < 60; ++i) {
        db.execute("INSERT INTO t(b) SELECT randomblob(3000) FROM (SELECT 1 UNION ALL SELECT 2)");
        log_->capture();
        if (i % 20 == 7) db.checkpoint(CheckpointMode::passive);
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  expect_same();
  EXPECT_EQ(testing::query(db_, "SELECT count(*) FROM t"), "480");
}

TEST_F(PrimaryLogTest, LosesNothingThatOthersWriteAndCheckpointBetweenTwoLooks) {
  const std::string id = text_of(log_->view().id);
  for (int round = 0; round < 5; ++round) {
    Connection other = Database(path_).connect();
    for (int i = 0; i < 4; ++i) {
      other.execute(kGrow);  // More than the pages after which SQLite makes a checkpoint.
      other.execute("DELETE FROM t WHERE id % 3 = 0");
    }
    if (round % 2 == 1) log_->capture();
  }
  expect_same();
  EXPECT_EQ(text_of(log_->view().id), id);
}

TEST_F(PrimaryLogTest, KeepsTheWriteAheadLogShort) {
  static_cast<void>(log_->view());
  for (int i = 0; i < 60; ++i)
    write("UPDATE t SET b = 1; " + std::string(kGrow) + "; DELETE FROM t");
  const CheckpointResult result = db_.checkpoint(CheckpointMode::passive);
  EXPECT_LT(result.log_frames, 3000);
  expect_same();
}

TEST_F(PrimaryLogTest, GoesOnWhenItIsOpenedAgain) {
  static_cast<void>(log_->view());
  write(kGrow);
  const LogView before = log_->view();
  db_ = Database(path_).connect();
  db_.close();
  log_.reset();
  log_ = std::make_unique<PrimaryLog>(path_);
  db_ = Database(path_).connect();
  EXPECT_EQ(log_->head(), before.head());
  EXPECT_EQ(text_of(log_->view().id), text_of(before.id));
  write("INSERT INTO t(b) VALUES ('again')");
  EXPECT_GT(log_->head(), before.head());
  expect_same();
}

TEST_F(PrimaryLogTest, GoesOnWithoutFramesInTheWriteAheadLog) {
  db_.checkpoint(CheckpointMode::truncate);
  const std::string id = text_of(log_->view().id);
  db_.close();
  log_ = std::make_unique<PrimaryLog>(path_);
  EXPECT_EQ(text_of(log_->view().id), id);
  log_.reset();
  Connection(Database(path_).connect()).execute("INSERT INTO t(b) VALUES ('by another program')");
  log_ = std::make_unique<PrimaryLog>(path_);
  EXPECT_NE(text_of(log_->view().id), id);
  expect_same();
}

TEST_F(PrimaryLogTest, BeginsAnewAfterAnotherProgramHasMovedTheLogIntoTheFile) {
  write(kGrow);
  const std::string id = text_of(log_->view().id);
  db_.close();
  log_.reset();
  {
    Connection other = Database(path_).connect();
    other.execute("DELETE FROM t");
  }
  log_ = std::make_unique<PrimaryLog>(path_);
  db_ = Database(path_).connect();
  EXPECT_NE(text_of(log_->view().id), id);
  expect_same();
}

TEST_F(PrimaryLogTest, MakesASnapshotOfALongLog) {
  log_ = std::make_unique<PrimaryLog>(path_, 20);
  const std::uint64_t first = log_->view().first;
  for (int i = 0; i < 40; ++i)
    write("UPDATE t SET b = 1; INSERT INTO t(b) VALUES (randomblob(900))");
  const LogView view = log_->view();
  EXPECT_GT(view.first, first);
  EXPECT_GT(view.generation, 1U);
  EXPECT_LE(view.end - view.first, 60U);
  EXPECT_EQ(view.snapshot_frames, view.snapshot_pages);
  expect_same();
  write(std::string(kGrow) + "; DELETE FROM t WHERE id > 2; VACUUM");
  expect_same();
}

TEST_F(PrimaryLogTest, CopiesNothingOnceItIsToStop) {
  log_->stop();
  EXPECT_THAT([&] { static_cast<void>(log_->view()); },
              throws_error(ErrorKind::interrupted, "stops"));
  EXPECT_EQ(log_->head(), std::nullopt);
  log_ = std::make_unique<PrimaryLog>(path_);
  expect_same();
}

TEST_F(PrimaryLogTest, MakesNoSnapshotOnceItIsToStop) {
  log_ = std::make_unique<PrimaryLog>(path_, 20);
  const std::uint64_t first = log_->view().first;
  log_->stop();
  write(kGrow);
  EXPECT_EQ(log_->view().first, first);
  EXPECT_GT(log_->view().end - first, 20U);
  expect_same();
  log_.reset();
  log_ = std::make_unique<PrimaryLog>(path_, 20);
  EXPECT_GT(log_->view().first, first);
  expect_same();
}

TEST_F(PrimaryLogTest, AViewStaysAsItIsWhileTheLogGoesOn) {
  log_ = std::make_unique<PrimaryLog>(path_, 20);
  write(kGrow);
  const LogView view = log_->view();
  const std::string before = testing::bytes_of_file(path_);
  for (int i = 0; i < 10; ++i) write(std::string("DELETE FROM t; ") + kGrow);
  EXPECT_GT(log_->view().generation, view.generation);
  EXPECT_EQ(difference(rebuilt(view), before), "");
}

TEST_F(PrimaryLogTest, GivesTheNewestImageOfEachPageOnce) {
  log_ = std::make_unique<PrimaryLog>(path_, 20);
  const LogView old = log_->view();
  testing::Rebuilt replica;
  const auto pull = [&](const LogView& view, std::uint64_t from) {
    NewestPages pages(view, from);
    std::vector<unsigned char> frames;
    while (pages.next(frames)) {
    }
    for (std::size_t at = 0; at < frames.size(); at += server::replication::kFrameBytes) {
      const auto head = server::replication::read_frame_head(frames.data() + at);
      replica.put(head.page, server::replication::ConstBytes(frames).subspan(at + 24, 4096));
    }
    replica.commit(view.pages);
    return frames.size() / server::replication::kFrameBytes;
  };
  EXPECT_EQ(pull(old, 0), old.pages);
  for (int i = 0; i < 9; ++i)
    write("UPDATE t SET b = 2; INSERT INTO t(b) VALUES (randomblob(9000))");
  const LogView view = log_->view();
  ASSERT_GT(view.generation, old.generation);
  EXPECT_LE(pull(view, old.end), view.pages);
  EXPECT_EQ(difference(replica.file(), testing::bytes_of_file(path_)), "");
  EXPECT_EQ(pull(view, view.end), 0U);
}

TEST(PrimaryLogOfOtherFilesTest, RefusesPagesOfAnotherSize) {
  const testing::TemporaryDirectory directory;
  Options options;
  options.pragmas = {{"page_size", "8192"}};
  Connection db = Database(directory.path(), options).connect();
  db.execute("CREATE TABLE t(a)");
  PrimaryLog log(directory.path());
  EXPECT_THAT([&] { static_cast<void>(log.view()); }, throws_error(ErrorKind::unsupported, "8192"));
  EXPECT_EQ(log.head(), std::nullopt);
}

}  // namespace
}  // namespace libsql
