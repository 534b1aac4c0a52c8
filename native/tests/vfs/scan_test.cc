// Reading ahead of a scan: fewer calls, and never a page from before another connection's commit.
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "testing/child_process.h"
#include "testing/database_test.h"
#include "testing/encryption.h"
#include "testing/query.h"
#include "testing/read_calls.h"

namespace libsql {
namespace {

using testing::query;

// Rows of 2,000 bytes, two on a page.
constexpr int kRows = 2000;
constexpr int kPages = kRows / 2;
constexpr int kNumbersWritten = 12;
constexpr const char* kNumbers = "SELECT count(*), min(number), max(number) FROM t";

std::string all_rows_with(int number) {
  const std::string text = std::to_string(number);
  return std::to_string(kRows) + "|" + text + "|" + text;
}

struct Case {
  std::optional<Cipher> cipher;
  const char* journal_mode;
};

Options options_of(const Case& parameters) {
  Options options;
  if (parameters.cipher) options = testing::with_key(*parameters.cipher);
  options.journal_mode = parameters.journal_mode;
  options.wal_auto_checkpoint = 0;
  options.synchronous = "off";
  // Smaller than the table, so that every scan reads the file.
  options.pragmas = {{"cache_size", "10"}};
  return options;
}

void fill(Connection& db) {
  db.execute("CREATE TABLE t(a INTEGER PRIMARY KEY, number, filler)");
  db.execute(
      "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < ?) "
      "INSERT INTO t(number, filler) SELECT 0, zeroblob(2000) FROM s",
      kRows);
  db.checkpoint(CheckpointMode::truncate);
}

// Commits each number to all rows, with a checkpoint as far as readers let it.
void write_numbers(Connection& db, int last) {
  for (int number = 1; number <= last;) {
    try {
      db.execute("UPDATE t SET number = ?", number);
      ++number;
      db.checkpoint(CheckpointMode::passive);
    } catch (const Error& error) {
      // In a rollback journal's mode readers and writers wait for each other.
      if (error.kind() != ErrorKind::busy) throw;
    }
  }
}

void expect_one_state(Connection& db) {
  try {
    EXPECT_EQ(query(db, "SELECT count(*), max(number) - min(number) FROM t"),
              std::to_string(kRows) + "|0");
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::busy) throw;
  }
}

int last_number(Connection& db) {
  return static_cast<int>(db.query_value<std::int64_t>("SELECT number FROM t WHERE a = ?", kRows));
}

// Leaves only the pages of other rows than the last ones in the connection's cache.
void read_first_rows(Connection& db) {
  for (int row = 1; row < kRows / 2; row += kRows / 50) {
    EXPECT_EQ(query(db, "SELECT length(filler) FROM t WHERE a = ?", {row}), "2000");
  }
}

class ScanTest : public testing::FileTest, public ::testing::WithParamInterface<Case> {
 protected:
  [[nodiscard]] Connection open(const std::string& location) const {
    return Database(location, options_of(GetParam())).connect();
  }
  [[nodiscard]] bool is_log() const { return GetParam().journal_mode == std::string("wal"); }
};

TEST_P(ScanTest, AScanReadsManyPagesInACall) {
  Connection db = open(path());
  fill(db);
  testing::ReadCalls calls;
  EXPECT_EQ(query(db, "SELECT count(*), sum(length(filler)) FROM t"),
            std::to_string(kRows) + "|" + std::to_string(2000 * kRows));
  EXPECT_LT(calls.take(), kPages / 10);
}

TEST_P(ScanTest, ALookupReadsThePagesOnItsWay) {
  Connection db = open(path());
  fill(db);
  EXPECT_EQ(query(db, "SELECT number FROM t WHERE a = 1"), "0");
  testing::ReadCalls calls;
  constexpr int kLookups = 10;
  for (int row = kRows; row > 0; row -= kRows / kLookups) {
    EXPECT_EQ(query(db, "SELECT number FROM t WHERE a = ?", {row}), "0");
  }
  // An inner page and a leaf, the header of the file and of the journal.
  EXPECT_LE(calls.take(), 4 * kLookups);
}

TEST_P(ScanTest, AScanOfAnAttachedFileReadsManyPagesInACall) {
  {
    Connection db = open(path());
    fill(db);
  }
  Connection db = open(path("other.db"));
  db.execute("ATTACH ? AS first", path());
  testing::ReadCalls calls;
  EXPECT_EQ(query(db, "SELECT sum(length(filler)) FROM first.t"), std::to_string(2000 * kRows));
  EXPECT_LT(calls.take(), kPages / 3);
}

TEST_P(ScanTest, AScanSeesWhatAnotherConnectionHasCommitted) {
  Connection writer = open(path());
  fill(writer);
  Connection reader = open(path());
  for (int number = 1; number <= 6; ++number) {
    writer.execute("UPDATE t SET number = ?", number);
    if (number % 2 == 0) writer.checkpoint(CheckpointMode::truncate);
    EXPECT_EQ(query(reader, kNumbers), all_rows_with(number));
  }
}

TEST_P(ScanTest, AScanDuringCommitsAndCheckpointsOfAnotherThreadSeesOneState) {
  Connection reader = open(path());
  fill(reader);
  std::atomic<bool> done = false;
  std::thread thread([&] {
    Connection writer = open(path());
    write_numbers(writer, kNumbersWritten);
    done = true;
  });
  for (int scans = 0; !done || scans < 10; ++scans) expect_one_state(reader);
  thread.join();
  EXPECT_EQ(query(reader, kNumbers), all_rows_with(kNumbersWritten));
}

TEST_P(ScanTest, AScanDuringCommitsAndCheckpointsOfAnotherProcessSeesOneState) {
  {
    Connection db = open(path());
    fill(db);
  }
  testing::ChildProcess child([this](const testing::Reports& reports) {
    Connection writer = open(path());
    reports.send(0);
    write_numbers(writer, kNumbersWritten);
  });
  EXPECT_EQ(child.receive(), 0);
  Connection reader = open(path());
  for (int scans = 0; scans < 30; ++scans) expect_one_state(reader);
  EXPECT_TRUE(child.join());
  EXPECT_EQ(query(reader, kNumbers), all_rows_with(kNumbersWritten));
}

// What a reader has begun with lies in the log; the checkpoint moves it into the file that the
// reader is reading ahead.
TEST_P(ScanTest, AScanGoesOnInItsStateWhileACheckpointWritesTheFile) {
  if (!is_log()) GTEST_SKIP() << "a reader keeps others from writing the file";
  Connection writer = open(path());
  fill(writer);
  Connection reader = open(path());
  // Every second page is in the log only.
  writer.execute("UPDATE t SET number = 1 WHERE a % 4 < 2");
  Statement scan = reader.prepare("SELECT number FROM t ORDER BY a");
  int ones = 0;
  for (int row = 0; row < kRows; ++row) {
    ASSERT_EQ(scan.step(), Step::row);
    ones += static_cast<int>(scan.column(0).integer());
    if (row == kRows / 4) writer.checkpoint(CheckpointMode::passive);
    if (row == kRows / 2) {
      writer.execute("UPDATE t SET number = 5");
      writer.checkpoint(CheckpointMode::passive);
    }
  }
  EXPECT_EQ(scan.step(), Step::done);
  EXPECT_EQ(ones, kRows / 2);
  scan.reset();
  EXPECT_EQ(query(reader, kNumbers), all_rows_with(5));
}

TEST_P(ScanTest, AScanOfAFileThatHasBecomeShorterEndsWithIt) {
  Connection writer = open(path());
  fill(writer);
  Connection reader = open(path());
  EXPECT_EQ(query(reader, kNumbers), all_rows_with(0));
  const auto size = std::filesystem::file_size(path());
  writer.execute("DELETE FROM t WHERE a > ?", kRows / 4);
  writer.execute("VACUUM");
  writer.checkpoint(CheckpointMode::truncate);
  EXPECT_LT(std::filesystem::file_size(path()), size / 2);
  EXPECT_EQ(query(reader, "SELECT count(*), sum(length(filler)) FROM t"),
            std::to_string(kRows / 4) + "|" + std::to_string(500 * kRows));
  EXPECT_EQ(query(reader, "PRAGMA integrity_check"), "'ok'");
}

// Within one transaction: what it writes itself, and what a savepoint takes back.
TEST_P(ScanTest, AScanSeesTheTransactionsOwnChanges) {
  Connection db = open(path());
  fill(db);
  db.execute_script("BEGIN IMMEDIATE; UPDATE t SET number = 1; SAVEPOINT s");
  EXPECT_EQ(query(db, kNumbers), all_rows_with(1));
  db.execute("UPDATE t SET number = 2");
  EXPECT_EQ(query(db, kNumbers), all_rows_with(2));
  db.execute("ROLLBACK TO s");
  EXPECT_EQ(query(db, kNumbers), all_rows_with(1));
  db.execute("ROLLBACK");
  EXPECT_EQ(query(db, kNumbers), all_rows_with(0));
}

// The log had its page when the scan read the file ahead.
TEST_P(ScanTest, APageThatACheckpointHasWrittenSinceIsReadAgain) {
  Connection writer = open(path());
  fill(writer);
  Connection reader = open(path());
  writer.execute("UPDATE t SET number = 7 WHERE a = ?", kRows);
  EXPECT_EQ(query(reader, "SELECT sum(number) FROM t"), "7");
  writer.checkpoint(CheckpointMode::passive);
  read_first_rows(reader);
  EXPECT_EQ(last_number(reader), 7);
}

// No lock changes then that could tell of a change.
TEST_P(ScanTest, AReadInExclusiveModeSeesTheConnectionsOwnCommits) {
  Connection db = open(path());
  fill(db);
  EXPECT_EQ(query(db, "PRAGMA locking_mode = exclusive"), "'exclusive'");
  for (int number = 1; number <= 4; ++number) {
    EXPECT_EQ(query(db, "SELECT sum(number) FROM t"), std::to_string(number - 1));
    db.execute("UPDATE t SET number = ?1 WHERE a = ?2", number, kRows);
    db.checkpoint(CheckpointMode::passive);
    read_first_rows(db);
    EXPECT_EQ(last_number(db), number);
  }
}

TEST_P(ScanTest, AReadSeesWhatTheTransactionHasMovedIntoTheFile) {
  Connection db = open(path());
  fill(db);
  db.execute("BEGIN IMMEDIATE");
  // With the second number the connection has every lock already.
  for (int number = 1; number <= 2; ++number) {
    // More pages than the cache has, the last ones first: they are written before the commit.
    for (int row = kRows; row > kRows - 100; --row) {
      db.execute("UPDATE t SET number = ?1 WHERE a = ?2", number, row);
    }
    read_first_rows(db);
    EXPECT_EQ(last_number(db), number);
    EXPECT_EQ(query(db, "SELECT sum(number) FROM t"), std::to_string(100 * number));
  }
  db.execute("ROLLBACK");
  read_first_rows(db);
  EXPECT_EQ(last_number(db), 0);
}

INSTANTIATE_TEST_SUITE_P(Modes, ScanTest,
                         ::testing::Values(Case{std::nullopt, "wal"}, Case{std::nullopt, "delete"},
                                           Case{Cipher::aes256cbc, "wal"},
                                           Case{Cipher::aes256cbc, "delete"},
                                           Case{Cipher::aes256gcm, "wal"},
                                           Case{Cipher::aes256gcm, "delete"}));

class PlainScanTest : public testing::FileTest {
 protected:
  [[nodiscard]] Connection open(const std::string& location) const {
    return Database(location, options_of({std::nullopt, "delete"})).connect();
  }
};

TEST_F(PlainScanTest, AScanWithoutLocksSeesWhatAnotherConnectionHasCommitted) {
  Connection writer = open(path());
  fill(writer);
  Connection reader = open("file:" + path() + "?nolock=1");
  for (int number = 1; number <= 4; ++number) {
    writer.execute("UPDATE t SET number = ?", number);
    EXPECT_EQ(query(reader, kNumbers), all_rows_with(number));
  }
}

TEST_F(PlainScanTest, AMappedFileIsNotRead) {
  Connection db = open(path());
  fill(db);
  EXPECT_EQ(query(db, "PRAGMA mmap_size = 1000000000"), "1000000000");
  testing::ReadCalls calls;
  EXPECT_EQ(query(db, kNumbers), all_rows_with(0));
  // The header of the file and of the journal.
  EXPECT_LE(calls.take(), 4);
  db.execute("UPDATE t SET number = 1");
  EXPECT_EQ(query(db, kNumbers), all_rows_with(1));
}

}  // namespace
}  // namespace libsql
