// A replica as applications use it, on a real server.
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include <gmock/gmock.h>

#include "testing/database_test.h"
#include "testing/matchers.h"
#include "testing/replica.h"
#include "testing/sqld_server.h"
#include "testing/wait.h"

namespace libsql {
namespace {

using std::chrono::milliseconds;
using testing::query;
using testing::SqldServer;
using testing::throws_error;

class ReplicaSessionTest : public testing::FileTest {
 protected:
  void SetUp() override {
    if (SqldServer::program() == nullptr) GTEST_SKIP() << SqldServer::kNoSqld;
    server_.emplace();
  }
  [[nodiscard]] Connection replica(ReplicaOptions options = {},
                                   const std::string& name = "test.db") {
    options.remote.attempts = 2;
    return Database::replica(path(name), server_->url(), options).connect();
  }
  [[nodiscard]] Connection primary() { return Database::remote(server_->url()).connect(); }
  // What the file has, whatever a session would do.
  [[nodiscard]] std::string in_file(const std::string& sql) const {
    Options options;
    options.mode = OpenMode::read_only;
    Connection db = Database(path(), options).connect();
    return query(db, sql);
  }
  static ReplicaOptions by_hand() {
    ReplicaOptions options;
    options.sync_after_writes = false;
    return options;
  }

  std::optional<SqldServer> server_;
};

TEST_F(ReplicaSessionTest, AWriteIsInTheFileWhenItReturns) {
  Connection db = replica();
  db.execute("CREATE TABLE t(a)");
  EXPECT_EQ(db.execute("INSERT INTO t VALUES (1), (2)"), 2);
  EXPECT_EQ(in_file("SELECT a FROM t"), "1\n2");
  EXPECT_EQ(query(db, "SELECT sum(a) FROM t"), "3");
  EXPECT_EQ(query(db, "INSERT INTO t VALUES (?) RETURNING a", {Value(3)}), "3");
  EXPECT_EQ(in_file("SELECT count(*) FROM t"), "3");
  EXPECT_EQ(db.last_insert_rowid(), 3);
  EXPECT_FALSE(db.replica_status().behind);
  EXPECT_EQ(db.replica_status().frame, db.replica_status().written_frame);
}

TEST_F(ReplicaSessionTest, ReadsInATransactionSeeItsWritesAndOthersDoNot) {
  Connection db = replica();
  db.execute("CREATE TABLE t(a)");
  Connection other = replica();
  Transaction transaction = db.begin(TransactionMode::immediate);
  db.execute("INSERT INTO t VALUES (1)");
  EXPECT_TRUE(db.in_transaction());
  EXPECT_EQ(query(db, "SELECT count(*) FROM t"), "1");
  EXPECT_EQ(query(other, "SELECT count(*) FROM t"), "0");
  transaction.commit();
  EXPECT_FALSE(db.in_transaction());
  EXPECT_EQ(query(other, "SELECT count(*) FROM t"), "1") << "the file is everybody's";
}

TEST_F(ReplicaSessionTest, ARollbackLeavesNothing) {
  Connection db = replica();
  db.execute("CREATE TABLE t(a)");
  {
    Transaction transaction = db.begin();
    db.execute("INSERT INTO t VALUES (1)");
  }
  EXPECT_EQ(query(db, "SELECT count(*) FROM t"), "0");
  Connection there = primary();
  EXPECT_EQ(query(there, "SELECT count(*) FROM t"), "0");
}

TEST_F(ReplicaSessionTest, TransactionsByTextRunAtThePrimary) {
  Connection db = replica();
  db.execute("CREATE TABLE t(a)");
  db.execute("BEGIN");
  db.execute("INSERT INTO t VALUES (1)");
  EXPECT_EQ(query(db, "SELECT count(*) FROM t"), "1");
  EXPECT_EQ(in_file("SELECT count(*) FROM t"), "0");
  db.execute("COMMIT");
  EXPECT_EQ(in_file("SELECT count(*) FROM t"), "1");
}

TEST_F(ReplicaSessionTest, AReadOnlyTransactionIsLocalAndKeepsItsState) {
  Connection db = replica();
  db.execute("CREATE TABLE t(a)");
  Connection other = replica();
  Transaction transaction = db.begin(TransactionMode::read_only);
  EXPECT_EQ(query(db, "SELECT count(*) FROM t"), "0");
  other.execute("INSERT INTO t VALUES (1)");
  EXPECT_EQ(query(db, "SELECT count(*) FROM t"), "0");
  EXPECT_THAT([&] { db.execute("INSERT INTO t VALUES (2)"); }, throws_error(ErrorKind::read_only));
  transaction.commit();
  EXPECT_EQ(query(db, "SELECT count(*) FROM t"), "1");
}

TEST_F(ReplicaSessionTest, OnlySyncPullsWhereThatWasAskedFor) {
  Connection db = replica(by_hand());
  db.execute("CREATE TABLE t(a)");
  EXPECT_THAT([&] { static_cast<void>(query(db, "SELECT * FROM t")); },
              throws_error(ErrorKind::error, "no such table"));
  const SyncReport report = db.sync();
  EXPECT_GT(report.pages, 0U);
  EXPECT_EQ(query(db, "SELECT count(*) FROM t"), "0");
}

TEST_F(ReplicaSessionTest, ATransactionThatHasReadNothingLeavesTheNextReadToTheFile) {
  ReplicaOptions options = by_hand();
  options.read_your_writes = true;
  Connection db = replica(options);
  Connection there = primary();
  there.execute("CREATE TABLE t(a)");
  db.sync();
  there.execute("INSERT INTO t VALUES (1)");
  db.execute("BEGIN");
  db.execute("SAVEPOINT s");
  db.execute("ROLLBACK");
  EXPECT_EQ(query(db, "SELECT count(*) FROM t"), "0");
  db.execute("BEGIN");
  EXPECT_EQ(query(db, "SELECT count(*) FROM t"), "1");
  db.execute("ROLLBACK");
  EXPECT_EQ(query(db, "SELECT count(*) FROM t"), "1") << "it does not go back";
}

TEST_F(ReplicaSessionTest, ReadsGoToThePrimaryWhileTheReplicaIsBehind) {
  ReplicaOptions options = by_hand();
  options.read_your_writes = true;
  Connection db = replica(options);
  db.execute("CREATE TABLE t(a)");
  db.execute("INSERT INTO t VALUES (1)");
  EXPECT_TRUE(db.replica_status().behind);
  EXPECT_EQ(query(db, "SELECT a FROM t"), "1");
  db.sync();
  EXPECT_FALSE(db.replica_status().behind);
  EXPECT_EQ(query(db, "SELECT a FROM t"), "1");
}

TEST_F(ReplicaSessionTest, OpensOfflineWithWhatItHasAndSaysSo) {
  {
    Connection db = replica();
    db.execute("CREATE TABLE t(a)");
    db.execute("INSERT INTO t VALUES (1)");
  }
  server_->kill();
  Connection db = replica();
  EXPECT_EQ(query(db, "SELECT a FROM t"), "1");
  EXPECT_TRUE(db.replica_status().offline_since.has_value());
  EXPECT_THAT([&] { db.execute("INSERT INTO t VALUES (2)"); },
              throws_error(ErrorKind::cannot_open));
  server_->start();
  db.sync();
  EXPECT_FALSE(db.replica_status().offline_since.has_value());
}

TEST_F(ReplicaSessionTest, WithoutACopyAnUnreachablePrimaryIsAnErrorAndLeavesNoFile) {
  server_->kill();
  EXPECT_THAT([&] { static_cast<void>(replica()); }, throws_error(ErrorKind::cannot_open));
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(ReplicaSessionTest, FollowsAPrimaryThatWasKilled) {
  Connection db = replica();
  db.execute("CREATE TABLE t(a)");
  db.execute("INSERT INTO t VALUES (1)");
  server_->kill();
  server_->start();
  db.execute("INSERT INTO t VALUES (2)");
  EXPECT_EQ(query(db, "SELECT a FROM t"), "1\n2");
  EXPECT_EQ(in_file("SELECT a FROM t"), "1\n2");
}

TEST_F(ReplicaSessionTest, ADatabaseOfSomebodyElseIsNotTouched) {
  connect().execute("CREATE TABLE mine(a)");
  EXPECT_THAT([&] { static_cast<void>(replica()); },
              throws_error(ErrorKind::cannot_open, "not known to be a replica"));
  EXPECT_EQ(in_file("SELECT name FROM sqlite_schema"), "'mine'");
}

TEST_F(ReplicaSessionTest, AnEncryptedReplicaHasNoPlainText) {
  ReplicaOptions options;
  options.local.encryption = Encryption{EncryptionKey("0123456789abcdef0123456789abcdef")};
  Connection db = replica(options);
  db.execute("CREATE TABLE t(a)");
  db.execute("INSERT INTO t VALUES ('a text that must not be seen')");
  EXPECT_EQ(query(db, "SELECT count(*) FROM t"), "1");
  for (const char* suffix : {"", "-wal"}) {
    std::ifstream file(path() + suffix, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    EXPECT_EQ(bytes.find("must not be seen"), std::string::npos) << suffix;
  }
}

TEST_F(ReplicaSessionTest, FreezingLeavesAnOrdinaryDatabase) {
  Connection db = replica();
  db.execute("CREATE TABLE t(a)");
  db.freeze();
  EXPECT_THAT([&] { static_cast<void>(query(db, "SELECT 1")); },
              throws_error(ErrorKind::closed, "frozen"));
  db.close();
  connect().execute("INSERT INTO t VALUES (1)");
  EXPECT_EQ(in_file("SELECT a FROM t"), "1");
}

TEST_F(ReplicaSessionTest, FourWritersAndEightReadersEndWithThePrimarysContent) {
  replica().execute("CREATE TABLE t(writer, n)");
  std::atomic<bool> writing{true};
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int writer = 0; writer < 4; ++writer) {
    threads.emplace_back([&, writer] {
      Connection db = primary();
      for (int n = 0; n < 25; ++n) {
        db.execute("INSERT INTO t SELECT ?, value FROM " + testing::series(50), writer);
      }
    });
  }
  std::vector<std::thread> readers;
  readers.reserve(8);
  for (int reader = 0; reader < 8; ++reader) {
    readers.emplace_back([&] {
      Connection db = replica();
      std::int64_t last = 0;
      while (writing) {
        try {
          const auto [count] = db.query_one<std::int64_t>("SELECT count(*) FROM t");
          // Whole transactions, and never fewer than before.
          if (count % 50 != 0 || count < last) ++failures;
          last = count;
        } catch (const Error&) {
          ++failures;
        }
      }
    });
  }
  Connection db = replica();
  for (int round = 0; round < 20; ++round) db.sync();
  for (std::thread& thread : threads) thread.join();
  writing = false;
  for (std::thread& thread : readers) thread.join();
  db.sync();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(in_file("SELECT count(*) FROM t"), "5000");
  EXPECT_EQ(in_file("PRAGMA integrity_check"), "'ok'");
}

}  // namespace
}  // namespace libsql
