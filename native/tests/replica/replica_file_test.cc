// A replica's life: first copy, changes, other histories, and files that are not what they were.
#include "replica/replica_file.h"

#include <filesystem>
#include <optional>
#include <ostream>

#include <gmock/gmock.h>

#include "replica/database.h"
#include "replica/sync_turn.h"
#include "testing/database_test.h"
#include "testing/encryption.h"
#include "testing/matchers.h"
#include "testing/primary.h"
#include "testing/replica.h"

namespace libsql::replica {
namespace {

using std::chrono::milliseconds;
using testing::query;
using testing::throws_error;

constexpr milliseconds kPatience{2000};

class ReplicaFileTest : public testing::FileTest,
                        public ::testing::WithParamInterface<std::optional<Cipher>> {
 protected:
  [[nodiscard]] ReplicaConfig config() const {
    ReplicaConfig made;
    made.file = path();
    made.primary = "https://db.example.org";
    if (GetParam()) made.encryption = testing::encryption(*GetParam());
    return made;
  }
  [[nodiscard]] std::shared_ptr<ReplicaFile> open() const { return ReplicaFile::open(config()); }
  [[nodiscard]] std::string rows(const std::string& sql) const {
    Options options;
    options.encryption = config().encryption;
    Connection db = Database(path(), options).connect();
    EXPECT_EQ(query(db, "PRAGMA integrity_check"), "'ok'");
    return query(db, sql);
  }
  void sync(ReplicaFile& file) { testing::sync(file, primary_); }
  [[nodiscard]] static Need need(ReplicaFile& file) { return file.begin_sync(kPatience)->need(); }

  testing::PrimaryLog primary_{path("primary.db")};
};

TEST_P(ReplicaFileTest, TheFirstSyncMakesACopyAndLaterOnesFollow) {
  const auto file = open();
  EXPECT_FALSE(file->is_readable());
  EXPECT_EQ(need(*file), Need::everything);
  primary_.execute("CREATE TABLE t(a); INSERT INTO t VALUES (1)");
  sync(*file);
  EXPECT_TRUE(file->is_readable());
  EXPECT_EQ(rows("SELECT a FROM t"), "1");
  EXPECT_EQ(need(*file), Need::changes);
  primary_.execute("INSERT INTO t VALUES (2)");
  sync(*file);
  EXPECT_EQ(rows("SELECT a FROM t"), "1\n2");
  EXPECT_EQ(file->begin_sync(kPatience)->position().frame, primary_.head());
}

TEST_P(ReplicaFileTest, AnEmptyDatabaseIsReadableBeforeTheFirstSync) {
  const auto file = open();
  file->make_readable(kPatience);
  EXPECT_EQ(rows("SELECT count(*) FROM sqlite_schema"), "0");
  EXPECT_EQ(need(*file), Need::everything);
  primary_.execute("CREATE TABLE t(a); INSERT INTO t VALUES (1)");
  sync(*file);
  EXPECT_EQ(rows("SELECT a FROM t"), "1");
}

TEST_P(ReplicaFileTest, ANewStartGoesOnFromTheLastPosition) {
  primary_.execute("CREATE TABLE t(a)");
  sync(*open());
  for (int round = 0; round < 3; ++round) {
    primary_.execute("INSERT INTO t VALUES (1)");
    const auto file = open();
    EXPECT_EQ(need(*file), Need::changes) << "round " << round;
    sync(*file);
  }
  EXPECT_EQ(rows("SELECT count(*) FROM t"), "3");
}

TEST_P(ReplicaFileTest, AnotherHistoryReplacesTheContentInOneCommit) {
  const auto file = open();
  primary_.execute("CREATE TABLE old(a); INSERT INTO old SELECT value FROM " +
                   testing::series(999));
  sync(*file);
  Options options;
  options.encryption = config().encryption;
  Connection reader = Database(path(), options).connect();
  reader.execute("BEGIN");
  EXPECT_EQ(query(reader, "SELECT count(*) FROM old"), "999");
  testing::PrimaryLog other(path("other.db"));
  other.execute("CREATE TABLE new(b); INSERT INTO new VALUES (7)");
  testing::sync(*file, other);
  EXPECT_EQ(query(reader, "SELECT count(*) FROM old"), "999") << "the snapshot is kept";
  EXPECT_EQ(rows("SELECT b FROM new"), "7");
}

TEST_P(ReplicaFileTest, AnIncompleteFirstCopyIsRefused) {
  const auto file = open();
  primary_.execute("CREATE TABLE t(a); CREATE TABLE u(a)");
  const auto frames = primary_.frames();
  {
    const auto turn = file->begin_sync(kPatience);
    for (const auto& frame : frames) {
      if (frame.page != 2) turn->add(frame.page, testing::image_of(frame));
    }
    EXPECT_THAT(
        [&] {
          return turn->end_transaction(frames.back().size_after, primary_.position(),
                                       Reached::head);
        },
        throws_error(ErrorKind::corrupt, "without page 2"));
  }
  EXPECT_FALSE(file->is_readable());
  sync(*file);
  EXPECT_EQ(rows("SELECT count(*) FROM u"), "0");
}

TEST_P(ReplicaFileTest, ADatabaseWithoutASidecarIsRefusedAndNotTouched) {
  Database(path()).connect().execute("CREATE TABLE mine(a)");
  const std::string before = testing::read_file(path());
  EXPECT_THAT([&] { return open(); },
              throws_error(ErrorKind::cannot_open, "is not known to be a replica"));
  EXPECT_EQ(testing::read_file(path()), before);
}

TEST_P(ReplicaFileTest, WhatLibsqlsOwnClientHasLeftIsReplacedAndKept) {
  Database(path()).connect().execute("CREATE TABLE theirs(a)");
  std::ofstream(path() + "-client_wal_index") << std::string(32, '\0');
  primary_.execute("CREATE TABLE t(a)");
  const auto file = open();
  EXPECT_FALSE(file->is_readable());
  EXPECT_THAT([&] { file->make_readable(kPatience); },
              throws_error(ErrorKind::cannot_open, "libSQL's own client"));
  sync(*file);
  EXPECT_EQ(rows("SELECT name FROM sqlite_schema"), "'t'");
  EXPECT_FALSE(std::filesystem::exists(path() + "-client_wal_index"));
  EXPECT_TRUE(std::filesystem::exists(path() + ".replaced-client_wal_index"));
  Connection theirs = Database(path() + ".replaced").connect();
  EXPECT_EQ(testing::query(theirs, "SELECT name FROM sqlite_schema"), "'theirs'");
}

TEST_P(ReplicaFileTest, AReplicaOfAnotherPrimaryIsRefused) {
  primary_.execute("CREATE TABLE t(a)");
  sync(*open());
  ReplicaConfig other = config();
  other.primary = "https://other.example.org";
  EXPECT_THAT([&] { return ReplicaFile::open(other); },
              throws_error(ErrorKind::cannot_open,
                           "is a replica of https://db.example.org, not of https://other"));
}

TEST_P(ReplicaFileTest, ASidecarWithoutItsDatabaseIsNotBelieved) {
  primary_.execute("CREATE TABLE t(a); INSERT INTO t VALUES (1)");
  sync(*open());
  std::filesystem::remove(path());
  const auto file = open();
  EXPECT_FALSE(file->is_readable());
  EXPECT_EQ(need(*file), Need::everything);
  sync(*file);
  EXPECT_EQ(rows("SELECT a FROM t"), "1");
}

TEST_P(ReplicaFileTest, AnExchangedFileIsReplacedAndKept) {
  primary_.execute("CREATE TABLE t(a); INSERT INTO t VALUES (1)");
  sync(*open());
  std::filesystem::copy_file(path(), path("copy.db"));
  std::filesystem::rename(path("copy.db"), path());
  const std::string before = testing::read_file(path());
  const auto file = open();
  EXPECT_FALSE(file->is_readable());
  EXPECT_THAT([&] { file->make_readable(kPatience); },
              throws_error(ErrorKind::cannot_open, "is not the file that its sidecar is about"));
  EXPECT_EQ(need(*file), Need::everything);
  sync(*file);
  EXPECT_EQ(rows("SELECT a FROM t"), "1");
  EXPECT_EQ(testing::read_file(path() + ".replaced"), before);
}

TEST_P(ReplicaFileTest, AForeignWriteIsNoticedAndUndone) {
  const auto file = open();
  primary_.execute("CREATE TABLE t(a); INSERT INTO t VALUES (1)");
  sync(*file);
  primary_.execute("INSERT INTO t VALUES (2)");
  sync(*file);
  EXPECT_EQ(rows("INSERT INTO t VALUES (3) RETURNING a"), "3");
  EXPECT_EQ(file->begin_sync(kPatience)->reason(),
            "another program has written into the local copy");
  sync(*file);
  EXPECT_EQ(rows("SELECT a FROM t"), "1\n2");
  EXPECT_EQ(need(*file), Need::changes);
}

TEST_P(ReplicaFileTest, ATurnThatEndsEarlyLeavesNothing) {
  const auto file = open();
  primary_.execute("CREATE TABLE t(a); INSERT INTO t VALUES (1)");
  sync(*file);
  primary_.execute("UPDATE t SET a = 2");
  {
    const auto turn = file->begin_sync(kPatience);
    for (const auto& frame : primary_.frames()) turn->add(frame.page, testing::image_of(frame));
  }
  EXPECT_EQ(rows("SELECT a FROM t"), "1");
  sync(*file);
  EXPECT_EQ(rows("SELECT a FROM t"), "2");
}

TEST_P(ReplicaFileTest, OneTurnAtATime) {
  const auto file = open();
  EXPECT_EQ(open(), file) << "one object per file";
  const auto turn = file->begin_sync(kPatience);
  EXPECT_EQ(file->begin_sync(milliseconds(10)), nullptr);
}

TEST_P(ReplicaFileTest, TheFileIsThePrimarysAfterCheckpointsOfBoth) {
  const auto file = open();
  primary_.execute("CREATE TABLE t(a INTEGER PRIMARY KEY, b); CREATE INDEX by_b ON t(b)");
  for (int round = 0; round < 20; ++round) {
    primary_.execute("INSERT INTO t(b) SELECT randomblob(900) FROM " + testing::series(300));
    if (round % 6 == 5) primary_.execute("DELETE FROM t WHERE a % 2 = 0; VACUUM");
    sync(*file);
  }
  file->close();
  const local::Keys keys(path(), config().encryption);
  const local::DbHandle db = open_database(keys);
  local::run_for_text(db.get(), "PRAGMA wal_checkpoint(TRUNCATE)");
  EXPECT_TRUE(testing::pages_of(db.get()) == primary_.file());
}

TEST_P(ReplicaFileTest, NoPlainPageReachesTheDisk) {
  if (!GetParam()) GTEST_SKIP() << "not encrypted";
  const std::string text = "replace(hex(zeroblob(9000)), '00', 'secret text ')";
  const auto file = open();
  primary_.execute("CREATE TABLE t(a); INSERT INTO t VALUES (" + text + ")");
  sync(*file);
  primary_.execute("INSERT INTO t VALUES (" + text + ")");
  sync(*file);
  for (const auto& [name, content] :
       testing::files_of(std::filesystem::path(path()).parent_path())) {
    if (name.starts_with("primary")) continue;
    EXPECT_EQ(content.find("secret text"), std::string::npos) << name;
  }
  EXPECT_EQ(rows("SELECT count(*), length(max(a)) FROM t"), "2|108000");
}

TEST_P(ReplicaFileTest, AWrongKeyIsRefused) {
  if (!GetParam()) GTEST_SKIP() << "not encrypted";
  primary_.execute("CREATE TABLE t(a)");
  sync(*open());
  ReplicaConfig other = config();
  other.encryption = testing::encryption(*GetParam(), "another key of 32 bytes for testing!");
  const auto file = ReplicaFile::open(other);
  EXPECT_THAT([&] { return file->begin_sync(kPatience); }, throws_error(ErrorKind::not_a_database));
}

INSTANTIATE_TEST_SUITE_P(Files, ReplicaFileTest,
                         ::testing::Values(std::nullopt, std::optional(Cipher::aes256cbc)),
                         [](const auto& parameter) {
                           return std::string(parameter.param ? "Encrypted" : "Plain");
                         });

}  // namespace
}  // namespace libsql::replica
