// Every disk access fails once: nothing committed is lost, nothing leaks, the file stays whole.
#include <functional>
#include <optional>
#include <ostream>

#include <gmock/gmock.h>
#include <sqlite3.h>

#include "testing/database_test.h"
#include "testing/encryption.h"
#include "testing/failing_vfs.h"

namespace libsql {
namespace {

using testing::FailingVfs;
using testing::query;

struct Case {
  const char* name;
  const char* journal_mode;
  FailingVfs::Fault fault;
  std::optional<Cipher> cipher = std::nullopt;

  // How GoogleTest names it.
  friend std::ostream& operator<<(std::ostream& out, const Case& shown) {
    return out << shown.name;
  }
};

class FailingIoTest : public ::testing::TestWithParam<Case> {
 protected:
  static Options options() {
    Options made;
    made.journal_mode = GetParam().journal_mode;
    made.busy_timeout = std::chrono::milliseconds(0);
    made.wal_auto_checkpoint = 3;
    if (GetParam().cipher) made.encryption = testing::encryption(*GetParam().cipher);
    return made;
  }

  // Runs `operation` on a fresh database with three rows, with each of its disk accesses failing in
  // turn, and looks at the database after each. Returns how many accesses it makes.
  static int fail_each_call(const std::function<void(const std::string& location)>& operation) {
    for (int n = 0;; ++n) {
      const testing::TemporaryDirectory directory;
      const std::string file = directory.path();
      Database(file, options())
          .connect()
          .execute_script(
              "CREATE TABLE t(a UNIQUE, b); INSERT INTO t VALUES (1, 'one'), (2, 'two'),"
              " (3, zeroblob(9000))");
      const std::int64_t memory = sqlite3_memory_used();
      FailingVfs::fail_at(n, GetParam().fault);
      const bool succeeded = runs(operation, FailingVfs::location(file));
      const bool reached = FailingVfs::reached();
      FailingVfs::never();
      EXPECT_EQ(FailingVfs::open_files(), 0) << "call " << n;
      EXPECT_EQ(sqlite3_memory_used(), memory) << "call " << n;
      check_file(file, n, succeeded);
      if (!reached || ::testing::Test::HasFailure()) return n;
    }
  }

 private:
  static bool runs(const std::function<void(const std::string&)>& operation,
                   const std::string& location) {
    try {
      operation(location);
      return true;
    } catch (const Error& error) {
      EXPECT_THAT(error.kind(),
                  ::testing::AnyOf(ErrorKind::io, ErrorKind::full, ErrorKind::cannot_open))
          << error.what();
      return false;
    }
  }

  static void check_file(const std::string& file, int n, bool succeeded) {
    Connection db = Database(file, options()).connect();
    EXPECT_EQ(query(db, "PRAGMA integrity_check"), "'ok'") << "call " << n;
    const std::string before = "3|'one'";
    const std::string after = "4|'changed'";
    const std::string found = query(db, "SELECT count(*), (SELECT b FROM t WHERE a = 1) FROM t");
    if (succeeded) {
      EXPECT_EQ(found, after) << "call " << n;
    } else {
      EXPECT_THAT(found, ::testing::AnyOf(before, after)) << "call " << n;
    }
  }
};

TEST_P(FailingIoTest, ATransactionHappensOrDoesNot) {
  const int calls = fail_each_call([](const std::string& location) {
    Connection db = Database(location, options()).connect();
    Transaction transaction = db.begin(TransactionMode::immediate);
    db.execute("UPDATE t SET b = 'changed' WHERE a = 1");
    db.execute("INSERT INTO t VALUES (4, zeroblob(20000))");
    transaction.commit();
  });
  EXPECT_GT(calls, 3);
}

// The caller who repeats the transaction on the same connection after an error gets through.
TEST_P(FailingIoTest, TheConnectionWorksAfterAnError) {
  const int calls = fail_each_call([](const std::string& location) {
    Connection db = Database(location, options()).connect();
    Batch batch;
    batch.add("UPDATE t SET b = 'changed' WHERE a = 1")
        .add("REPLACE INTO t VALUES (4, zeroblob(20000))");
    try {
      static_cast<void>(db.run(batch));
    } catch (const Error&) {
      EXPECT_FALSE(db.in_transaction());
      static_cast<void>(db.run(batch));
    }
  });
  EXPECT_GT(calls, 3);
}

// sqlite3_serialize() writes zeros for the pages that it cannot read.
TEST_P(FailingIoTest, AnImageIsWholeOrAnError) {
  const int calls = fail_each_call([](const std::string& location) {
    Connection db = Database(location, options()).connect();
    const std::string image = db.serialise();
    Connection copy = Database(":memory:").connect();
    copy.deserialise(image);
    EXPECT_EQ(query(copy, "PRAGMA integrity_check"), "'ok'");
    EXPECT_EQ(query(copy, "SELECT count(*), sum(length(b)) FROM t"), "3|9006");
    static_cast<void>(db.run(Batch()
                                 .add("UPDATE t SET b = 'changed' WHERE a = 1")
                                 .add("INSERT INTO t VALUES (4, 'four')")));
  });
  EXPECT_GT(calls, 3);
}

INSTANTIATE_TEST_SUITE_P(
    Modes, FailingIoTest,
    ::testing::Values(
        Case{"WalError", "wal", FailingVfs::Fault::io_error},
        Case{"WalFull", "wal", FailingVfs::Fault::disk_full},
        Case{"WalLock", "wal", FailingVfs::Fault::lock_error},
        Case{"JournalError", "delete", FailingVfs::Fault::io_error},
        Case{"JournalFull", "delete", FailingVfs::Fault::disk_full},
        Case{"JournalLock", "delete", FailingVfs::Fault::lock_error},
        Case{"EncryptedWalError", "wal", FailingVfs::Fault::io_error, Cipher::aes256cbc},
        Case{"EncryptedJournalError", "delete", FailingVfs::Fault::io_error, Cipher::aes256cbc},
        Case{"AuthenticatedWalError", "wal", FailingVfs::Fault::io_error, Cipher::aes256gcm},
        Case{"AuthenticatedJournalError", "delete", FailingVfs::Fault::io_error, Cipher::aes256gcm},
        Case{"AuthenticatedJournalFull", "delete", FailingVfs::Fault::disk_full,
             Cipher::aes256gcm}),
    [](const auto& parameter) { return std::string(parameter.param.name); });

}  // namespace
}  // namespace libsql
