// Copies of whole databases: backup, restore, images, VACUUM INTO, checkpoints.
#include <filesystem>
#include <fstream>
#include <functional>
#include <vector>

#include <gmock/gmock.h>

#include "testing/database_test.h"
#include "testing/matchers.h"
#include "testing/session_of.h"

namespace libsql {
namespace {

using testing::query;
using testing::throws_error;

class BackupTest : public testing::FileTest {
 protected:
  BackupTest() {
    db_.execute_script(
        "CREATE TABLE t(a, b);"
        "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
        "200)"
        " SELECT i, zeroblob(2000) FROM n");
  }
  static std::string summary(Connection& db) { return query(db, "SELECT count(*), sum(a) FROM t"); }
  Connection db_ = connect();
};

constexpr std::string_view kSummary = "200|20100";

TEST_F(BackupTest, CopiesWithProgress) {
  std::vector<int> remaining;
  int total = 0;
  db_.backup_to(
      path("copy.db"),
      [&](int left, int all) {
        remaining.push_back(left);
        total = all;
        return true;
      },
      10);
  EXPECT_GT(total, 90);
  ASSERT_GT(remaining.size(), 5U);
  EXPECT_EQ(remaining.back(), 0);
  EXPECT_TRUE(std::ranges::is_sorted(remaining, std::greater<>()));
  Connection copy = Database(path("copy.db")).connect();
  EXPECT_EQ(summary(copy), kSummary);
}

TEST_F(BackupTest, WhileItRunsNoStatementOnTheFileIsBounded) {
  Connection other = Database(path("test.db")).connect();
  Statement lookup = other.prepare("SELECT b FROM t WHERE a = 1");
  lookup.execute();
  ASSERT_EQ(testing::cost_of(lookup), local::StatementCost::bounded_read);
  std::vector<local::StatementCost> costs;
  db_.backup_to(
      path("copy.db"),
      [&](int, int) {
        costs.push_back(testing::cost_of(lookup));
        return true;
      },
      50);
  EXPECT_THAT(costs, ::testing::Each(local::StatementCost::unbounded));
  EXPECT_FALSE(costs.empty());
  EXPECT_EQ(testing::cost_of(lookup), local::StatementCost::bounded_read);
}

TEST_F(BackupTest, ReplacesAnExistingCopy) {
  db_.backup_to(path("copy.db"));
  db_.execute("DELETE FROM t WHERE a > 1");
  db_.backup_to(path("copy.db"));
  Connection copy = Database(path("copy.db")).connect();
  EXPECT_EQ(summary(copy), "1|1");
}

TEST_F(BackupTest, StopsWhenProgressReturnsFalse) {
  EXPECT_THAT(
      [&] {
        db_.backup_to(
            path("copy.db"), [](int, int) { return false; }, 5);
      },
      throws_error(ErrorKind::interrupted));
  EXPECT_EQ(summary(db_), kSummary);
  db_.execute("DELETE FROM t WHERE a > 100");
}

TEST_F(BackupTest, NamesWhatItCannotOpen) {
  const std::string nowhere = path("no/such/folder/copy.db");
  EXPECT_THAT([&] { db_.backup_to(nowhere); }, throws_error(ErrorKind::cannot_open, nowhere));
  EXPECT_THAT([&] { db_.vacuum_into(nowhere); }, throws_error(ErrorKind::cannot_open, nowhere));
  EXPECT_THAT([&] { db_.restore_from(nowhere); }, throws_error(ErrorKind::cannot_open, nowhere));
  EXPECT_EQ(summary(db_), kSummary);
}

TEST_F(BackupTest, NamesWhatIsNoDatabase) {
  const std::string text = path("text");
  std::ofstream(text) << std::string(8192, 'g');
  for (const auto& copy : std::initializer_list<std::function<void()>>{
           [&] { db_.backup_to(text); }, [&] { db_.restore_from(text); }}) {
    EXPECT_THAT(copy, throws_error(ErrorKind::not_a_database, "file is not a database: " + text));
  }
  EXPECT_EQ(summary(db_), kSummary);
}

// SQLite opens these names as temporary databases: a copy would be lost, and a restore would leave
// an empty database.
TEST_F(BackupTest, RefusesPathsThatAreNoFiles) {
  for (const char* const path : {"", ":memory:"}) {
    EXPECT_THAT([&] { db_.backup_to(path); }, throws_error(ErrorKind::invalid_argument));
    EXPECT_THAT([&] { db_.restore_from(path); }, throws_error(ErrorKind::invalid_argument));
    EXPECT_THAT([&] { db_.vacuum_into(path); }, throws_error(ErrorKind::invalid_argument));
  }
  EXPECT_EQ(summary(db_), kSummary);
}

TEST_F(BackupTest, UncommittedRowsAreNotBackedUp) {
  Transaction transaction = db_.begin();
  db_.backup_to(path("copy.db"));  // Allowed in a transaction that has not written.
  db_.execute("DELETE FROM t");
  EXPECT_THAT([&] { db_.backup_to(path("copy.db")); },
              throws_error(ErrorKind::misuse, "has written"));
  transaction.rollback();
  EXPECT_EQ(summary(db_), kSummary);
}

TEST_F(BackupTest, RestoresFromAFile) {
  db_.backup_to(path("copy.db"));
  Connection memory = Database(":memory:").connect();
  int calls = 0;
  memory.restore_from(
      path("copy.db"), [&](int, int) { return ++calls > 0; }, 20);
  EXPECT_GT(calls, 1);
  EXPECT_EQ(summary(memory), kSummary);
}

TEST_F(BackupTest, AnImageRestoresItsDatabase) {
  const std::string image = db_.serialise();
  EXPECT_EQ(image.substr(0, 15), "SQLite format 3");
  Connection memory = Database(":memory:").connect();
  memory.deserialise(image);
  EXPECT_EQ(summary(memory), kSummary);
  memory.execute("INSERT INTO t VALUES (1000, zeroblob(100000))");
  EXPECT_EQ(summary(memory), "201|21100");
  Options options;
  options.image = image;
  Connection opened = Database(":memory:", options).connect();
  EXPECT_EQ(summary(opened), kSummary);
}

TEST_F(BackupTest, DatabasesMadeOfImagesDoNotWaitForEachOther) {
  Options options;
  options.image = db_.serialise();
  options.busy_timeout = std::chrono::milliseconds(0);
  Connection one = Database(":memory:", options).connect();
  Connection other = Database(":memory:", options).connect();
  const Transaction first = one.begin(TransactionMode::immediate);
  const Transaction second = other.begin(TransactionMode::immediate);
  EXPECT_TRUE(one.in_transaction());
  EXPECT_TRUE(other.in_transaction());
}

TEST_F(BackupTest, ImagesOfAttachedDatabases) {
  Connection memory = Database(":memory:").connect();
  memory.execute("ATTACH ':memory:' AS side");
  memory.deserialise(db_.serialise(), "side");
  EXPECT_EQ(query(memory, "SELECT count(*) FROM side.t"), "200");
  EXPECT_EQ(memory.serialise("side").size(), db_.serialise().size());
  EXPECT_THAT([&] { return memory.serialise("unknown"); }, ::testing::Throws<Error>());
}

// sqlite3_serialize() returns null, which must not be taken for an empty image.
TEST_F(BackupTest, ALockedDatabaseHasNoImage) {
  Options options;
  options.journal_mode = "delete";
  options.busy_timeout = std::chrono::milliseconds(0);
  Connection writer = Database(path("locked.db"), options).connect();
  writer.execute("CREATE TABLE t(a)");
  Connection reader = Database(path("locked.db"), options).connect();
  writer.begin_transaction(TransactionMode::exclusive);
  EXPECT_THAT([&] { return reader.serialise(); }, throws_error(ErrorKind::busy));
  writer.rollback();
  EXPECT_EQ(reader.serialise().size(), 8192U);
}

TEST_F(BackupTest, BadImagesAreRefused) {
  Connection memory = Database(":memory:").connect();
  EXPECT_THAT([&] { memory.deserialise(std::string(4096, 'x')); },
              throws_error(ErrorKind::not_a_database));
  memory.begin_transaction(TransactionMode::immediate);
  EXPECT_THAT([&] { memory.deserialise(db_.serialise()); }, throws_error(ErrorKind::misuse));
  memory.rollback();
  memory.deserialise(db_.serialise());
  EXPECT_EQ(summary(memory), kSummary);
  // The database is unchanged.
  EXPECT_THAT([&] { memory.deserialise(db_.serialise().substr(0, 600)); },
              throws_error(ErrorKind::corrupt));
  EXPECT_EQ(summary(memory), kSummary);
}

TEST_F(BackupTest, VacuumIntoWritesACompactCopy) {
  db_.execute("DELETE FROM t WHERE a > 10");
  db_.vacuum_into(path("compact.db"));
  Connection copy = Database(path("compact.db")).connect();
  EXPECT_EQ(summary(copy), "10|55");
  EXPECT_THAT([&] { db_.vacuum_into(path("compact.db")); },
              throws_error(ErrorKind::error, "output file already exists: " + path("compact.db")));
  db_.vacuum_into(path("it's.db"));
  EXPECT_TRUE(std::filesystem::exists(path("it's.db")));
}

TEST_F(BackupTest, CheckpointsMoveTheLog) {
  const CheckpointResult full = db_.checkpoint(CheckpointMode::full);
  EXPECT_FALSE(full.busy);
  EXPECT_GT(full.log_frames, 0);
  EXPECT_EQ(full.log_frames, full.checkpointed_frames);
  EXPECT_GT(std::filesystem::file_size(path() + "-wal"), 0U);
  EXPECT_FALSE(db_.checkpoint(CheckpointMode::truncate).busy);
  EXPECT_EQ(std::filesystem::file_size(path() + "-wal"), 0U);
}

TEST_F(BackupTest, CheckpointsReportAReaderThatPreventsThem) {
  Connection reader = connect();
  reader.begin_transaction(TransactionMode::deferred);
  EXPECT_EQ(summary(reader), kSummary);
  db_.execute("INSERT INTO t VALUES (1, 2)");
  db_.set_busy_timeout(std::chrono::milliseconds(10));
  EXPECT_TRUE(db_.checkpoint(CheckpointMode::truncate).busy);
  EXPECT_FALSE(db_.checkpoint(CheckpointMode::passive).busy);
  reader.rollback();
  EXPECT_FALSE(db_.checkpoint(CheckpointMode::restart).busy);
}

TEST_F(BackupTest, CheckpointsWithoutALogHaveNoFrames) {
  Connection memory = Database(":memory:").connect();
  EXPECT_EQ(memory.checkpoint(CheckpointMode::passive).log_frames, -1);
}

}  // namespace
}  // namespace libsql
