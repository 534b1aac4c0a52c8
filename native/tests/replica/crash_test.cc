// A replicator is killed at any time, again and again: the file is whole, never goes back behind
// what was committed, and is the primary's in the end.
#include <optional>
#include <ostream>
#include <random>
#include <thread>

#include <gmock/gmock.h>

#include "replica/database.h"
#include "testing/child_process.h"
#include "testing/database_test.h"
#include "testing/encryption.h"
#include "testing/replica.h"

namespace libsql::replica {
namespace {

using testing::ChildProcess;
using testing::query;
using testing::Reports;

constexpr int kRounds = 60;

class ReplicaCrashTest : public testing::FileTest,
                         public ::testing::WithParamInterface<std::optional<Cipher>> {
 protected:
  [[nodiscard]] ReplicaConfig config() const {
    ReplicaConfig made;
    made.file = path();
    made.primary = "https://db.example.org";
    if (GetParam()) made.encryption = testing::encryption(*GetParam());
    made.checkpoints = {.frames = 60, .overgrown = 600};
    return made;
  }
  // The number of the last transaction that readers see.
  [[nodiscard]] std::int64_t look() const {
    Options options;
    options.encryption = config().encryption;
    Connection db = Database(path(), options).connect();
    EXPECT_EQ(query(db, "PRAGMA integrity_check"), "'ok'");
    const auto last = std::get<std::int64_t>(db.query_one("SELECT number FROM last"));
    EXPECT_EQ(query(db, "SELECT count(*), ifnull(max(number), 0) FROM t"),
              std::to_string(3 * last) + "|" + std::to_string(last));
    return last;
  }
  // Transaction n of the primary adds three rows of that number and notes it.
  void add_transactions(int count) {
    for (int i = 0; i < count; ++i) {
      const std::string number = std::to_string(++transactions_);
      primary_.execute("BEGIN; INSERT INTO t SELECT " + number + ", randomblob(900) FROM " +
                       testing::series(3) + "; UPDATE last SET number = " + number +
                       "; UPDATE t SET filler = randomblob(700) WHERE number = " + number +
                       " / 2; COMMIT");
    }
  }

  int transactions_ = 0;
  testing::PrimaryLog primary_{path("primary.db")};
};

TEST_P(ReplicaCrashTest, AKilledSyncLosesAndInventsNothing) {
  primary_.execute(
      "CREATE TABLE t(number, filler); CREATE INDEX by_number ON t(number);"
      "CREATE TABLE last(number); INSERT INTO last VALUES (0)");
  testing::sync(*ReplicaFile::open(config()), primary_);
  std::mt19937 dice(2026);
  std::int64_t seen = 0;
  for (int round = 0; round < kRounds && !HasFailure(); ++round) {
    add_transactions(12);
    ChildProcess child([this](const Reports& reports) {
      const auto file = ReplicaFile::open(config());
      testing::sync(*file, primary_,
                    [&](std::uint64_t frame) { reports.send(static_cast<int>(frame)); });
      file->close();
    });
    // After a number of commits, and then at any time of the next one.
    const auto commits = std::uniform_int_distribution<>(0, 12)(dice);
    for (int i = 0; i < commits && child.receive(); ++i) continue;
    std::this_thread::sleep_for(
        std::chrono::microseconds(std::uniform_int_distribution<>(0, 800)(dice)));
    child.kill();
    // Also SQLite opens, recovers, checkpoints and closes the file in between.
    const std::int64_t now = look();
    EXPECT_GE(now, seen) << "round " << round;
    seen = now;
  }
  const auto file = ReplicaFile::open(config());
  testing::sync(*file, primary_);
  EXPECT_EQ(look(), transactions_);
  file->close();
  const local::Keys keys(path(), config().encryption);
  const local::DbHandle db = open_database(keys);
  local::run_for_text(db.get(), "PRAGMA wal_checkpoint(TRUNCATE)");
  EXPECT_TRUE(testing::pages_of(db.get()) == primary_.file()) << "other bytes than the primary's";
}

TEST_P(ReplicaCrashTest, AKilledFirstCopyIsMadeAgain) {
  primary_.execute(
      "CREATE TABLE t(number, filler); CREATE TABLE last(number);"
      "INSERT INTO last VALUES (0)");
  add_transactions(100);
  std::mt19937 dice(2026);
  for (int round = 0; round < 25; ++round) {
    ChildProcess child([this](const Reports& reports) {
      const auto file = ReplicaFile::open(config());
      reports.send(1);
      testing::sync(*file, primary_);
    });
    ASSERT_EQ(child.receive(), 1);
    std::this_thread::sleep_for(
        std::chrono::microseconds(std::uniform_int_distribution<>(0, 30'000)(dice)));
    child.kill();
    if (ReplicaFile::open(config())->is_readable()) {
      EXPECT_EQ(look(), transactions_);
      std::filesystem::remove(path());
    }
  }
  testing::sync(*ReplicaFile::open(config()), primary_);
  EXPECT_EQ(look(), transactions_);
}

INSTANTIATE_TEST_SUITE_P(Files, ReplicaCrashTest,
                         ::testing::Values(std::nullopt, std::optional(Cipher::aes256cbc)),
                         [](const auto& parameter) {
                           return std::string(parameter.param ? "Encrypted" : "Plain");
                         });

}  // namespace
}  // namespace libsql::replica
