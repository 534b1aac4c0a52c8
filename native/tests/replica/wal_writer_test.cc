// Pages that are appended to the log are what readers then see, and what checkpoints then move.
#include "replica/wal_writer.h"

#include <filesystem>
#include <optional>
#include <ostream>

#include <gmock/gmock.h>

#include "replica/database.h"
#include "testing/database_test.h"
#include "testing/encryption.h"
#include "testing/matchers.h"
#include "testing/primary.h"

namespace libsql::replica {
namespace {

using testing::Primary;
using testing::PrimaryFrame;
using testing::query;

struct Case {
  const char* name;
  Publication publication;
  std::optional<Cipher> cipher = std::nullopt;

  // How GoogleTest names it.
  friend std::ostream& operator<<(std::ostream& out, const Case& shown) {
    return out << shown.name;
  }
};

ConstBytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

class WalWriterTest : public testing::FileTest, public ::testing::WithParamInterface<Case> {
 protected:
  void SetUp() override { create_placeholder(keys_); }

  [[nodiscard]] std::optional<Encryption> encryption() const {
    if (!GetParam().cipher) return std::nullopt;
    return testing::encryption(*GetParam().cipher);
  }
  [[nodiscard]] Connection reader_of(const std::string& file) const {
    Options options;
    options.encryption = encryption();
    return Database(file, options).connect();
  }
  [[nodiscard]] Connection reader() const { return reader_of(path()); }
  [[nodiscard]] WalWriter writer() const {
    return WalWriter(open_database(keys_), GetParam().publication);
  }
  // One commit for each of the primary's.
  static void inject(WalWriter& writer, const std::vector<PrimaryFrame>& frames) {
    for (const PrimaryFrame& frame : frames) {
      if (!writer.in_transaction()) writer.begin();
      writer.append(frame.page, bytes_of(frame.image));
      if (frame.size_after != 0) writer.commit(frame.size_after, Durability::written);
    }
  }
  // The replica's pages, decrypted, when its log is moved into the file.
  [[nodiscard]] std::string pages() const {
    const local::DbHandle db = open_database(keys_);
    local::run_for_text(db.get(), "PRAGMA wal_checkpoint(TRUNCATE)");
    return testing::pages_of(db.get());
  }

  local::Keys keys_{path(), encryption()};
  Primary primary_{path("primary.db")};
};

TEST_P(WalWriterTest, ReadersSeeEachCommitAtOnce) {
  WalWriter to = writer();
  Connection db = reader();
  primary_.execute("CREATE TABLE t(a, b); INSERT INTO t VALUES (1, 'one')");
  inject(to, primary_.take());
  EXPECT_EQ(query(db, "SELECT * FROM t"), "1|'one'");
  primary_.execute("ALTER TABLE t ADD COLUMN c DEFAULT 5; INSERT INTO t VALUES (2, 'two', 7)");
  inject(to, primary_.take());
  EXPECT_EQ(query(db, "SELECT * FROM t"), "1|'one'|5\n2|'two'|7");
  EXPECT_EQ(query(db, "PRAGMA integrity_check"), "'ok'");
}

TEST_P(WalWriterTest, AReaderKeepsItsSnapshotWhileCommitsArrive) {
  WalWriter to = writer();
  primary_.execute("CREATE TABLE t(a); INSERT INTO t VALUES (1)");
  inject(to, primary_.take());
  Connection old = reader();
  old.execute("BEGIN");
  EXPECT_EQ(query(old, "SELECT * FROM t"), "1");
  primary_.execute("UPDATE t SET a = 2; CREATE TABLE u(b); DROP TABLE t; VACUUM");
  inject(to, primary_.take());
  EXPECT_EQ(query(old, "SELECT * FROM t"), "1");
  old.execute("COMMIT");
  EXPECT_EQ(query(old, "SELECT count(*) FROM u"), "0");
}

TEST_P(WalWriterTest, TheFileIsThePrimarysAfterCheckpointsOfBoth) {
  WalWriter to = writer();
  primary_.execute("CREATE TABLE t(a INTEGER PRIMARY KEY, b); CREATE INDEX by_b ON t(b)");
  for (int round = 0; round < 30; ++round) {
    primary_.execute("INSERT INTO t(b) SELECT randomblob(500) FROM " + testing::series(200));
    if (round % 7 == 3) primary_.execute("DELETE FROM t WHERE a % 3 = 0; VACUUM");
    inject(to, primary_.take());
    if (round % 5 == 0) to.checkpoint_if_due({.frames = 100, .overgrown = 1000});
  }
  const std::string file = primary_.file();
  EXPECT_TRUE(pages() == file) << "other bytes than the primary's";
  if (!GetParam().cipher) {
    EXPECT_TRUE(testing::read_file(path()) == file);
  }
}

TEST_P(WalWriterTest, ALongTransactionFillsManyRegionsOfTheIndex) {
  WalWriter to = writer();
  primary_.execute("CREATE TABLE t(a); BEGIN");
  primary_.execute("INSERT INTO t SELECT zeroblob(3900) FROM " + testing::series(9000) +
                   "; COMMIT");
  inject(to, primary_.take());
  Connection db = reader();
  EXPECT_EQ(query(db, "SELECT count(*), sum(length(a)) FROM t"), "9000|35100000");
  primary_.execute("DELETE FROM t WHERE rowid > 10; VACUUM");
  inject(to, primary_.take());
  EXPECT_EQ(query(db, "SELECT count(*) FROM t"), "10");
  EXPECT_EQ(query(db, "PRAGMA integrity_check"), "'ok'");
  const std::string file = primary_.file();
  EXPECT_TRUE(pages() == file) << "the file has not shrunk to the primary's";
}

TEST_P(WalWriterTest, AnAbandonedTransactionLeavesNothing) {
  WalWriter to = writer();
  primary_.execute("CREATE TABLE t(a); INSERT INTO t VALUES (1)");
  inject(to, primary_.take());
  Connection db = reader();
  const std::string junk(kPageSize, 'x');
  for (int round = 0; round < 20; ++round) {
    to.begin();
    for (PageNumber page = 2; page < 300; ++page) to.append(page, bytes_of(junk));
    to.abandon();
    EXPECT_EQ(query(db, "SELECT max(a) FROM t"), std::to_string(round + 1));
    primary_.execute("INSERT INTO t VALUES (" + std::to_string(round + 2) + ")");
    inject(to, primary_.take());
  }
  EXPECT_EQ(query(db, "SELECT count(*) FROM t"), "21");
  EXPECT_EQ(query(db, "PRAGMA integrity_check"), "'ok'");
  const std::string file = primary_.file();
  EXPECT_TRUE(pages() == file);
}

TEST_P(WalWriterTest, TheLastOfSeveralImagesOfAPageCounts) {
  WalWriter to = writer();
  primary_.execute("CREATE TABLE t(a); INSERT INTO t VALUES (1)");
  primary_.execute("UPDATE t SET a = 2");
  primary_.execute("UPDATE t SET a = 3");
  to.begin();
  std::uint32_t pages = 0;
  for (const PrimaryFrame& frame : primary_.take()) {
    to.append(frame.page, bytes_of(frame.image));
    if (frame.size_after != 0) pages = frame.size_after;
  }
  to.commit(pages, Durability::synced);
  Connection db = reader();
  EXPECT_EQ(query(db, "SELECT * FROM t"), "3");
}

TEST_P(WalWriterTest, SqliteRecoversTheLogWithoutItsIndex) {
  primary_.execute("CREATE TABLE t(a); INSERT INTO t SELECT value FROM " + testing::series(5000));
  WalWriter to = writer();
  inject(to, primary_.take());
  for (const char* suffix : {"", "-wal"}) {
    std::filesystem::copy_file(path() + suffix, path("copy.db") + suffix);
  }
  Connection copy = reader_of(path("copy.db"));
  EXPECT_EQ(query(copy, "SELECT count(*), sum(a) FROM t"), "5000|12502500");
  EXPECT_EQ(query(copy, "PRAGMA integrity_check"), "'ok'");
}

TEST_P(WalWriterTest, TheLogsStateIsTheOneOfTheLastCommit) {
  WalWriter to = writer();
  primary_.execute("CREATE TABLE t(a)");
  to.begin();
  const auto frames = primary_.take();
  for (const PrimaryFrame& frame : frames) to.append(frame.page, bytes_of(frame.image));
  const LogState after = to.commit(frames.back().size_after, Durability::written);
  EXPECT_EQ(after.frames, frames.size());
  EXPECT_EQ(to.begin(), after);
  to.abandon();
  // Another program writes.
  reader().execute("CREATE TABLE foreign_table(a)");
  EXPECT_NE(to.begin(), after);
  to.abandon();
}

TEST_P(WalWriterTest, WhatIsNoPageIsRefused) {
  WalWriter to = writer();
  const std::string page(kPageSize, 'x');
  to.begin();
  EXPECT_THAT([&] { to.append(0, bytes_of(page)); }, testing::throws_error(ErrorKind::corrupt));
  EXPECT_THAT([&] { to.append(1, bytes_of(page)); }, testing::throws_error(ErrorKind::corrupt));
  EXPECT_THAT([&] { to.append(2, bytes_of(page.substr(1))); },
              testing::throws_error(ErrorKind::corrupt));
  EXPECT_THAT([&] { to.commit(1, Durability::written); }, testing::throws_error(ErrorKind::misuse));
  to.abandon();
}

TEST_P(WalWriterTest, NoPlainPageReachesTheDisk) {
  if (!GetParam().cipher) GTEST_SKIP() << "not encrypted";
  WalWriter to = writer();
  primary_.execute(
      "CREATE TABLE t(a); INSERT INTO t VALUES (replace(hex(zeroblob(900)), '00', 'secret text "
      "'))");
  inject(to, primary_.take());
  for (const auto& [name, content] :
       testing::files_of(std::filesystem::path(path()).parent_path())) {
    if (name.starts_with("primary")) continue;
    EXPECT_EQ(content.find("secret text"), std::string::npos) << name;
  }
  EXPECT_THAT(pages(), ::testing::HasSubstr("secret text"));
  EXPECT_EQ(testing::read_file(path()).find("secret text"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Ways, WalWriterTest,
    ::testing::Values(Case{"Direct", Publication::direct}, Case{"Rebuild", Publication::rebuild},
                      Case{"EncryptedDirect", Publication::direct, Cipher::aes256cbc},
                      Case{"EncryptedRebuild", Publication::rebuild, Cipher::aes256cbc}),
    [](const auto& parameter) { return std::string(parameter.param.name); });

}  // namespace
}  // namespace libsql::replica
