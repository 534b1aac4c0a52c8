// Other OS processes: killed in the middle of writing, and writing at the same time.
#include <unistd.h>

#include <optional>

#include <gmock/gmock.h>

#include "testing/child_process.h"
#include "testing/database_test.h"
#include "testing/session_of.h"

namespace libsql {
namespace {

using testing::ChildProcess;
using testing::query;
using testing::Reports;

class CrashTest : public testing::FileTest {};

// Each transaction writes its number ten times and reports it after its commit.
void write_for_ever(const std::string& path, int first, const Reports& reports) {
  Connection db = Database(path).connect();
  for (int number = first;; ++number) {
    Transaction transaction = db.begin(TransactionMode::immediate);
    for (int i = 0; i < 10; ++i) db.execute("INSERT INTO t VALUES (?, zeroblob(300))", number);
    transaction.commit();
    reports.send(number);
  }
}

TEST_F(CrashTest, NoCommittedRowIsLostWhenTheProcessIsKilled) {
  connect().execute("CREATE TABLE t(number, filler)");
  int next = 0;
  for (int round = 0; round < 100; ++round) {
    int reported = next - 1;
    {
      ChildProcess child([&](const Reports& reports) { write_for_ever(path(), next, reports); });
      // The child is killed after another number of transactions in each round.
      for (int i = 0; i <= round % 7; ++i) {
        const std::optional<int> number = child.receive();
        ASSERT_TRUE(number.has_value());
        reported = *number;
      }
      child.kill();
      while (const std::optional<int> number = child.receive()) reported = *number;
    }
    Connection db = connect();
    ASSERT_EQ(query(db, "PRAGMA integrity_check"), "'ok'");
    const auto found = std::get<std::int64_t>(db.query_one("SELECT max(number) FROM t"));
    ASSERT_GE(found, reported) << "a committed transaction is lost";
    ASSERT_LE(found, reported + 1);
    ASSERT_EQ(query(db, "SELECT count(*), count(DISTINCT number) FROM t"),
              std::to_string((found + 1) * 10) + "|" + std::to_string(found + 1));
    next = static_cast<int>(found) + 1;
  }
}

TEST_F(CrashTest, TwoProcessesWriteToOneFile) {
  constexpr int kTransactions = 150;
  connect().execute("CREATE TABLE t(who, number)");
  const auto write = [&](int who) {
    Connection db = connect();
    db.set_busy_timeout(std::chrono::seconds(60));
    for (int i = 0; i < kTransactions; ++i) {
      Transaction transaction = db.begin(TransactionMode::immediate);
      db.execute("INSERT INTO t VALUES (?, (SELECT count(*) FROM t))", who);
      transaction.commit();
    }
  };
  ChildProcess child([&](const Reports&) { write(1); });
  ChildProcess other([&](const Reports&) { write(2); });
  EXPECT_TRUE(child.join());
  EXPECT_TRUE(other.join());
  Connection db = connect();
  EXPECT_EQ(query(db, "SELECT count(*), count(DISTINCT number), max(number) FROM t"),
            "300|300|299");
  EXPECT_EQ(query(db, "SELECT who, count(*) FROM t GROUP BY who"), "1|150\n2|150");
  EXPECT_EQ(query(db, "PRAGMA integrity_check"), "'ok'");
}

// The busy handler, which waits for other processes, obeys deadlines and interrupts.
TEST_F(CrashTest, WaitsForAnotherProcessAsLongAsItMay) {
  connect().execute("CREATE TABLE t(a)");
  ChildProcess holder([&](const Reports& reports) {
    Connection db = connect();
    db.begin_transaction(TransactionMode::immediate);
    reports.send(1);
    for (;;) pause();
  });
  ASSERT_TRUE(holder.receive().has_value());
  Connection db = connect();
  const auto fails_with = [&](ErrorKind kind) {
    try {
      db.execute("INSERT INTO t VALUES (1)");
      return false;
    } catch (const Error& error) {
      return error.kind() == kind;
    }
  };
  db.set_busy_timeout(std::chrono::milliseconds(30));
  EXPECT_TRUE(fails_with(ErrorKind::busy));
  EXPECT_GT(db.stats().busy_retries, 0U);
  db.set_busy_timeout(std::chrono::seconds(60));
  db.set_deadline(std::chrono::steady_clock::now() + std::chrono::milliseconds(30));
  EXPECT_TRUE(fails_with(ErrorKind::timeout));
  db.set_deadline(std::nullopt);
  int asked = 0;
  db.set_cancel_check([&] { return ++asked > 2; });
  EXPECT_TRUE(fails_with(ErrorKind::interrupted));
  db.set_cancel_check({});
  testing::session_of(db).set_budget(std::chrono::seconds(10));
  EXPECT_TRUE(fails_with(ErrorKind::would_block));
  testing::session_of(db).set_budget(std::nullopt);
  holder.kill();
  EXPECT_EQ(db.execute("INSERT INTO t VALUES (1)"), 1);
}

}  // namespace
}  // namespace libsql
