// The power is cut before each change on the disk: committed transactions are whole and in order.
#include <optional>
#include <ostream>

#include <gmock/gmock.h>

#include "testing/database_test.h"
#include "testing/encryption.h"
#include "testing/power_cut_vfs.h"

namespace libsql {
namespace {

using testing::PowerCutVfs;
using testing::query;

struct Case {
  const char* name;
  const char* journal_mode;
  const char* synchronous;
  bool durable;  // A commit that has returned survives.
  std::optional<Cipher> cipher = std::nullopt;

  // How GoogleTest names it.
  friend std::ostream& operator<<(std::ostream& out, const Case& shown) {
    return out << shown.name;
  }
};

class PowerCutTest : public testing::FileTest, public ::testing::WithParamInterface<Case> {
 protected:
  void TearDown() override { PowerCutVfs::forget(); }

  static Options options() {
    Options made;
    made.journal_mode = GetParam().journal_mode;
    made.synchronous = GetParam().synchronous;
    made.wal_auto_checkpoint = 20;
    if (GetParam().cipher) made.encryption = testing::encryption(*GetParam().cipher);
    return made;
  }

  // Transaction n adds three rows of that number, changes older ones and notes that it is the last.
  void commit_next(Connection& db) {
    Transaction transaction = db.begin(TransactionMode::immediate);
    const int number = committed_ + 1;
    for (int i = 0; i < 3; ++i) db.execute("INSERT INTO t VALUES (?, randomblob(1500))", number);
    db.execute("UPDATE t SET filler = randomblob(1200) WHERE number = ?", number / 2);
    db.execute("UPDATE last SET number = ?", number);
    transaction.commit();
    ++committed_;
  }

  // Opens what a power cut would leave now. Runs inside a call of SQLite's: throws nothing.
  void cut() {
    PowerCutVfs::survivors(path(), path("survivor.db"), ++cuts_);
    try {
      look();
    } catch (const Error& error) {
      ADD_FAILURE() << "cut " << cuts_ << ": " << error.what();
    }
  }

  int committed_ = 0;
  int lost_ = 0;
  std::uint64_t cuts_ = 0;

 private:
  // Whole transactions, from the first to some last one: none in part, and none left out.
  void look() {
    Options with_key;
    with_key.encryption = options().encryption;
    Connection db = Database(path("survivor.db"), with_key).connect();
    EXPECT_EQ(query(db, "PRAGMA integrity_check"), "'ok'") << "cut " << cuts_;
    const auto found = std::get<std::int64_t>(db.query_one("SELECT number FROM last"));
    EXPECT_LE(found, committed_ + 1) << "cut " << cuts_;
    EXPECT_EQ(
        query(db, "SELECT count(*), count(DISTINCT number) FROM t WHERE number <= ?", {found}),
        std::to_string(3 * found) + "|" + std::to_string(found))
        << "cut " << cuts_;
    EXPECT_EQ(query(db, "SELECT count(*) FROM t WHERE number > ?", {found}), "0")
        << "cut " << cuts_;
    if (found < committed_) ++lost_;
  }
};

TEST_P(PowerCutTest, TransactionsSurviveWholeAndInOrder) {
  PowerCutVfs::forget();
  Connection db = Database(PowerCutVfs::location(path()), options()).connect();
  db.execute_script(
      "CREATE TABLE t(number, filler); CREATE INDEX by_number ON t(number);"
      "CREATE TABLE last(number); INSERT INTO last VALUES (0)");
  // Brings the empty tables to the disk, so that every survivor has them: out of the log, or by a
  // new journal, whose folder is synced.
  db.pragma("user_version", "1");
  db.checkpoint(CheckpointMode::truncate);
  PowerCutVfs::on_change([this] { cut(); });
  while (committed_ < 12 && !HasFailure()) commit_next(db);
  cut();
  EXPECT_GT(cuts_, 100U);
  if (GetParam().durable) {
    EXPECT_EQ(lost_, 0);
  } else {
    EXPECT_GT(lost_, 0) << "the power cut loses nothing";
  }
}

INSTANTIATE_TEST_SUITE_P(
    Modes, PowerCutTest,
    ::testing::Values(Case{"WalFull", "wal", "full", true},
                      Case{"WalNormal", "wal", "normal", false},
                      Case{"DeleteExtra", "delete", "extra", true},
                      Case{"DeleteFull", "delete", "full", false},
                      Case{"TruncateFull", "truncate", "full", true},
                      Case{"EncryptedWalFull", "wal", "full", true, Cipher::aes256cbc},
                      Case{"EncryptedDeleteExtra", "delete", "extra", true, Cipher::aes256cbc},
                      Case{"AuthenticatedWalFull", "wal", "full", true, Cipher::aes256gcm},
                      Case{"AuthenticatedWalNormal", "wal", "normal", false, Cipher::aes256gcm},
                      Case{"AuthenticatedDeleteExtra", "delete", "extra", true, Cipher::aes256gcm}),
    [](const auto& parameter) { return std::string(parameter.param.name); });

}  // namespace
}  // namespace libsql
