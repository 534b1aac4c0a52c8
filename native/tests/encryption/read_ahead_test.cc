// Reading ahead of a scan: fewer calls, and never a page from before another connection's commit.
#include <atomic>
#include <thread>

#include <gmock/gmock.h>

#include "testing/database_test.h"
#include "testing/encryption.h"
#include "testing/query.h"
#include "testing/shim_vfs.h"

namespace libsql {
namespace {

using testing::query;

struct Case {
  Cipher cipher;
  const char* journal_mode;
};

class ReadAheadTest : public testing::FileTest, public ::testing::WithParamInterface<Case> {
 protected:
  // With a cache that is smaller than the table, so that every scan reads the file.
  [[nodiscard]] Connection open(const std::string& location) const {
    Options options = testing::with_key(GetParam().cipher);
    options.journal_mode = GetParam().journal_mode;
    options.wal_auto_checkpoint = 0;
    options.pragmas = {{"cache_size", "10"}};
    return Database(location, options).connect();
  }
  static void fill(Connection& db) {
    db.execute("CREATE TABLE t(a INTEGER PRIMARY KEY, number, filler)");
    db.execute(
        "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 600) "
        "INSERT INTO t(number, filler) SELECT 0, zeroblob(2000) FROM s");
    db.checkpoint(CheckpointMode::truncate);
  }
};

class ReadCounter : public testing::VfsHook {
 public:
  int before(const testing::VfsCall& call) override {
    if (call.op == testing::VfsCall::Op::read && call.path.ends_with(".db")) ++reads;
    return 0;
  }
  void after(const testing::VfsCall& /*call*/) override {}
  int reads = 0;
};

TEST_P(ReadAheadTest, AScanReadsManyPagesInACall) {
  static ReadCounter counter;
  static const testing::ShimVfs vfs("read_counter", counter);
  Connection db = open(vfs.location(path()));
  fill(db);
  counter.reads = 0;
  EXPECT_EQ(query(db, "SELECT count(*), sum(length(filler)) FROM t"), "600|1200000");
  EXPECT_LT(counter.reads, 300 / 8);
  // Lookups read what they need.
  counter.reads = 0;
  for (int row = 600; row > 0; row -= 100) {
    EXPECT_EQ(query(db, "SELECT number FROM t WHERE a = ?", {row}), "0");
  }
  EXPECT_LT(counter.reads, 40);
}

TEST_P(ReadAheadTest, AScanSeesWhatAnotherConnectionHasCommitted) {
  Connection writer = open(path());
  fill(writer);
  Connection reader = open(path());
  for (int number = 1; number <= 30; ++number) {
    writer.execute("UPDATE t SET number = ?", number);
    if (number % 2 == 0) writer.checkpoint(CheckpointMode::truncate);
    EXPECT_EQ(query(reader, "SELECT count(*), min(number), max(number) FROM t"),
              "600|" + std::to_string(number) + "|" + std::to_string(number));
  }
}

TEST_P(ReadAheadTest, AScanDuringCommitsAndCheckpointsSeesOneState) {
  Connection reader = open(path());
  fill(reader);
  std::atomic<bool> done = false;
  std::thread thread([&] {
    Connection writer = open(path());
    for (int number = 1; number <= 40;) {
      try {
        writer.execute("UPDATE t SET number = ?", number);
        ++number;
        writer.checkpoint(CheckpointMode::passive);
      } catch (const Error& error) {
        // In a rollback journal's mode readers and writers wait for each other.
        if (error.kind() != ErrorKind::busy) throw;
      }
    }
    done = true;
  });
  int scans = 0;
  for (; !done || scans < 10; ++scans) {
    try {
      EXPECT_EQ(query(reader, "SELECT count(*), max(number) - min(number) FROM t"), "600|0");
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::busy) throw;
    }
  }
  thread.join();
  EXPECT_EQ(query(reader, "SELECT min(number), max(number) FROM t"), "40|40");
}

// Within one transaction: what it writes itself, and what a savepoint takes back.
TEST_P(ReadAheadTest, AScanSeesTheTransactionsOwnChanges) {
  Connection db = open(path());
  fill(db);
  db.execute_script("BEGIN IMMEDIATE; UPDATE t SET number = 1; SAVEPOINT s");
  EXPECT_EQ(query(db, "SELECT min(number), max(number) FROM t"), "1|1");
  db.execute("UPDATE t SET number = 2");
  EXPECT_EQ(query(db, "SELECT min(number), max(number) FROM t"), "2|2");
  db.execute("ROLLBACK TO s");
  EXPECT_EQ(query(db, "SELECT min(number), max(number) FROM t"), "1|1");
  db.execute("ROLLBACK");
  EXPECT_EQ(query(db, "SELECT min(number), max(number) FROM t"), "0|0");
}

INSTANTIATE_TEST_SUITE_P(Modes, ReadAheadTest,
                         ::testing::Values(Case{Cipher::aes256cbc, "wal"},
                                           Case{Cipher::aes256cbc, "delete"},
                                           Case{Cipher::aes256gcm, "wal"},
                                           Case{Cipher::aes256gcm, "delete"}));

}  // namespace
}  // namespace libsql
