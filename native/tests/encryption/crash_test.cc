// Three writing processes, killed at any time, again and again: no commit that was reported is
// lost.
#include <optional>
#include <ostream>
#include <sstream>

#include <gmock/gmock.h>

#include "libsql/database.h"
#include "testing/child_process.h"
#include "testing/encryption.h"
#include "testing/query.h"
#include "testing/temporary_directory.h"

namespace libsql::encryption {
namespace {

using testing::ChildProcess;
using testing::query;
using testing::Reports;

constexpr int kWriters = 3;
constexpr int kRounds = 200;
constexpr int kTransactions = 8;

struct Case {
  Cipher cipher;
  const char* journal_mode;
  int rounds;

  friend std::ostream& operator<<(std::ostream& out, const Case& shown) {
    return out << to_string(shown.cipher) << shown.journal_mode;
  }
};

class EncryptedCrashTest : public ::testing::TestWithParam<Case> {
 protected:
  [[nodiscard]] Connection connect(int round) const {
    // What is synced must not matter to a killed process.
    static constexpr const char* kSynchronous[] = {"off", "normal", "full"};
    Options options = testing::with_key(GetParam().cipher);
    options.journal_mode = GetParam().journal_mode;
    options.synchronous = kSynchronous[round % 3];
    options.busy_timeout = std::chrono::seconds(60);
    options.wal_auto_checkpoint = 10;
    // So small that pages reach the disk within their transaction.
    options.pragmas = {{"cache_size", "5"}};
    return Database(directory_.path(), options).connect();
  }

  // Each transaction adds rows of its number, changes them, and reports the number when committed.
  void write(int writer, int first, int round, const Reports& reports) const {
    Connection db = connect(round);
    // SQLite lets the one that has just written write again; it ends, so that the others get on.
    for (int number = first; number < first + kTransactions; ++number) {
      Transaction transaction = db.begin(TransactionMode::immediate);
      for (int i = 0; i < 5; ++i) {
        db.execute("INSERT INTO t VALUES (?, ?, randomblob(900))", writer, number);
      }
      db.execute("UPDATE t SET filler = randomblob(700) WHERE writer = ? AND number >= ?", writer,
                 number - 3);
      transaction.commit();
      reports.send(number);
    }
  }

  // The last transaction of a writer; its rows are all there, and those of all before it.
  static int last_of(Connection& db, int writer) {
    const auto last = std::get<std::int64_t>(db.query_one(
        "SELECT coalesce(max(number), -1) FROM t WHERE writer = ?", std::array{ValueView(writer)}));
    EXPECT_EQ(query(db, "SELECT count(*), count(DISTINCT number) FROM t WHERE writer = ?",
                    {std::int64_t{writer}}),
              std::to_string((last + 1) * 5) + "|" + std::to_string(last + 1));
    return static_cast<int>(last);
  }

  testing::TemporaryDirectory directory_;
};

TEST_P(EncryptedCrashTest, NoReportedCommitIsLost) {
  connect(0).execute_script(
      "CREATE TABLE t(writer, number, filler); CREATE INDEX by_number ON t(writer, number)");
  std::array<int, kWriters> next{};
  for (int round = 0; round < GetParam().rounds; ++round) {
    std::array<int, kWriters> reported{};
    {
      std::vector<std::unique_ptr<ChildProcess>> children;
      for (int writer = 0; writer < kWriters; ++writer) {
        const int first = next[static_cast<std::size_t>(writer)];
        reported[static_cast<std::size_t>(writer)] = first - 1;
        children.push_back(std::make_unique<ChildProcess>(
            [&, writer, first](const Reports& to) { write(writer, first, round, to); }));
      }
      // How far they come differs from round to round; then all die wherever they are.
      const auto watched = static_cast<std::size_t>(round % kWriters);
      for (int i = 0; i <= round % 5; ++i) {
        const std::optional<int> number = children[watched]->receive();
        ASSERT_TRUE(number.has_value()) << "round " << round;
        reported[watched] = *number;
      }
      for (const auto& child : children) child->kill();
      for (std::size_t writer = 0; writer < children.size(); ++writer) {
        while (const std::optional<int> number = children[writer]->receive()) {
          reported[writer] = *number;
        }
      }
    }
    Connection db = connect(round);
    ASSERT_EQ(query(db, "PRAGMA integrity_check"), "'ok'") << "round " << round;
    for (int writer = 0; writer < kWriters; ++writer) {
      const int found = last_of(db, writer);
      ASSERT_GE(found, reported[static_cast<std::size_t>(writer)]) << "round " << round;
      ASSERT_LE(found, reported[static_cast<std::size_t>(writer)] + 1) << "round " << round;
      next[static_cast<std::size_t>(writer)] = found + 1;
    }
    ASSERT_FALSE(HasFailure()) << "round " << round;
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, EncryptedCrashTest,
                         ::testing::Values(Case{Cipher::aes256cbc, "wal", kRounds},
                                           Case{Cipher::aes256cbc, "delete", 15},
                                           Case{Cipher::aes256gcm, "wal", 30},
                                           Case{Cipher::aes256gcm, "truncate", 15}),
                         [](const auto& parameter) {
                           std::ostringstream name;
                           name << parameter.param;
                           return name.str();
                         });

}  // namespace
}  // namespace libsql::encryption
