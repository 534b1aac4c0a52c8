// The recovery of an error in a transaction: whether the transaction is over, and whether a commit
// that failed may be found after a crash.
#include <filesystem>
#include <ostream>

#include <gmock/gmock.h>
#include <sqlite3.h>

#include "testing/database_test.h"
#include "testing/failing_vfs.h"

namespace libsql {
namespace {

using testing::FailingVfs;
using testing::query;

template <typename Call>
Error error_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "nothing is thrown";
  return {ErrorKind::error, "nothing is thrown"};
}

class TransactionLostTest : public testing::FileTest {
 protected:
  TransactionLostTest() {
    db_.execute_script(
        "CREATE TABLE t(a UNIQUE, b); INSERT INTO t VALUES (1, 1);"
        "CREATE TABLE child(a REFERENCES t(a) DEFERRABLE INITIALLY DEFERRED)");
  }
  Error error_of_sql(std::string_view sql) {
    return error_of([&] { db_.execute(sql); });
  }
  Connection db_ = connect();
};

TEST_F(TransactionLostTest, AConstraintThatRollsBackEndsItsTransaction) {
  db_.execute("BEGIN");
  const Error error = error_of_sql("INSERT OR ROLLBACK INTO t VALUES (1, 2)");
  EXPECT_EQ(error.kind(), ErrorKind::constraint);
  EXPECT_EQ(error.recovery(), (Recovery{.transaction_lost = true}));
  EXPECT_FALSE(db_.in_transaction());
}

TEST_F(TransactionLostTest, AConstraintThatAbortsItsStatementLeavesTheTransactionOpen) {
  db_.execute("BEGIN");
  EXPECT_EQ(error_of_sql("INSERT INTO t VALUES (1, 2)").recovery(), Recovery{});
  EXPECT_TRUE(db_.in_transaction());
}

TEST_F(TransactionLostTest, OutsideOfATransactionThereIsNoneToLose) {
  EXPECT_EQ(error_of_sql("INSERT OR ROLLBACK INTO t VALUES (1, 2)").recovery(), Recovery{});
}

TEST_F(TransactionLostTest, ACommitThatIsRefusedIsRolledBack) {
  Transaction transaction = db_.begin();
  db_.execute("INSERT INTO child VALUES (99)");
  const Error error = error_of([&] { transaction.commit(); });
  EXPECT_EQ(error.extended_code(), SQLITE_CONSTRAINT_FOREIGNKEY);
  EXPECT_EQ(error.recovery(), (Recovery{.transaction_lost = true}));
  EXPECT_FALSE(db_.in_transaction());
}

TEST_F(TransactionLostTest, ACommitAsTextThatIsRefusedLeavesTheTransactionOpen) {
  db_.execute("BEGIN");
  db_.execute("INSERT INTO child VALUES (99)");
  EXPECT_EQ(error_of_sql("COMMIT").recovery(), Recovery{});
  EXPECT_TRUE(db_.in_transaction());
}

TEST_F(TransactionLostTest, AnInterruptedWriteEndsItsTransaction) {
  db_.execute("BEGIN");
  db_.set_cancel_check([] { return true; });
  const Error error = error_of_sql(
      "INSERT INTO t SELECT i, 0 FROM (WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM"
      " n LIMIT 100000) SELECT i FROM n)");
  EXPECT_EQ(error.kind(), ErrorKind::interrupted);
  EXPECT_EQ(error.recovery(), (Recovery{.transaction_lost = true}));
}

TEST_F(TransactionLostTest, AnInterruptedQueryLeavesTheTransactionOpen) {
  db_.execute("BEGIN");
  db_.execute("INSERT INTO t VALUES (2, 2)");
  db_.set_cancel_check([] { return true; });
  const Error error = error_of_sql(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000)"
      " SELECT count(*) FROM n");
  EXPECT_EQ(error.kind(), ErrorKind::interrupted);
  EXPECT_EQ(error.recovery(), Recovery{});
  EXPECT_TRUE(db_.in_transaction());
}

// Its later members would take effect outside of the transaction that they belong to.
TEST_F(TransactionLostTest, ABatchEndsWithItsTransaction) {
  db_.execute("BEGIN");
  const auto results = db_.run(Batch()
                                   .add("INSERT INTO t VALUES (2, 2)")
                                   .add("INSERT OR ROLLBACK INTO t VALUES (1, 1)")
                                   .add("INSERT INTO t VALUES (3, 3)"),
                               OnError::proceed);
  ASSERT_EQ(results.size(), 2U);
  ASSERT_TRUE(results[1].error);
  EXPECT_TRUE(results[1].error->recovery().transaction_lost);
  EXPECT_EQ(query(db_, "SELECT count(*) FROM t"), "1");
}

struct Case {
  const char* name;
  const char* journal_mode;
  bool explicit_transaction;
  // Some call that fails has committed already. In journal mode DELETE the failing VFS removes
  // nothing; the system's could fail after the removal, when it syncs the folder.
  bool commits_before_failing;

  // How GoogleTest names it.
  friend std::ostream& operator<<(std::ostream& out, const Case& shown) {
    return out << shown.name;
  }
};

class OutcomeUnknownTest : public testing::FileTest, public ::testing::WithParamInterface<Case> {
 protected:
  static Options options() {
    Options made;
    made.journal_mode = GetParam().journal_mode;
    made.synchronous = "extra";
    return made;
  }

  static void write(Connection& db) {
    if (!GetParam().explicit_transaction) {
      db.execute("INSERT INTO t VALUES (1)");
      return;
    }
    Transaction transaction = db.begin();
    db.execute("INSERT INTO t VALUES (1)");
    transaction.commit();
  }

  // The files as the death of the process would leave them now: without the shared memory.
  static std::string rows_after_a_crash(const std::string& file, const std::string& copy) {
    for (const char* suffix : {"", "-wal", "-journal"}) {
      std::filesystem::remove(copy + suffix);
      if (std::filesystem::exists(file + suffix)) {
        std::filesystem::copy_file(file + suffix, copy + suffix);
      }
    }
    Connection db = Database(copy).connect();
    return query(db, "SELECT count(*) FROM t");
  }
};

// Each disk access of a commit fails in turn. If the commit is found after a crash, outcome_unknown
// must be set.
TEST_P(OutcomeUnknownTest, ACommitThatIsFoundAfterACrashIsReportedAsUnknown) {
  int found = 0;
  for (int n = 0;; ++n) {
    const testing::TemporaryDirectory directory;
    const std::string file = directory.path();
    Connection db = Database(FailingVfs::location(file), options()).connect();
    db.execute("CREATE TABLE t(a)");
    FailingVfs::fail_at(n);
    std::optional<Error> error;
    try {
      write(db);
    } catch (const Error& caught) {
      error = caught;
    }
    const bool reached = FailingVfs::reached();
    FailingVfs::never();
    if (!reached) break;
    if (!error) continue;  // A call whose failure does not matter, e.g. removing an empty journal.
    const std::string rows = rows_after_a_crash(file, directory.path("copy.db"));
    if (rows == "1") ++found;
    EXPECT_TRUE(rows == "0" || error->recovery().outcome_unknown)
        << "call " << n << ": " << error->what();
    EXPECT_FALSE(error->recovery().retryable && error->recovery().outcome_unknown);
  }
  EXPECT_EQ(found > 0, GetParam().commits_before_failing);
}

TEST_P(OutcomeUnknownTest, AFullDiskLeavesNothingOfACommit) {
  for (int n = 0;; ++n) {
    const testing::TemporaryDirectory directory;
    const std::string file = directory.path();
    Connection db = Database(FailingVfs::location(file), options()).connect();
    db.execute("CREATE TABLE t(a)");
    FailingVfs::fail_at(n, FailingVfs::Fault::disk_full);
    std::optional<Error> error;
    try {
      write(db);
    } catch (const Error& caught) {
      error = caught;
    }
    const bool reached = FailingVfs::reached();
    FailingVfs::never();
    if (!reached) break;
    ASSERT_TRUE(error) << "call " << n;
    EXPECT_FALSE(error->recovery().outcome_unknown);
    EXPECT_EQ(rows_after_a_crash(file, directory.path("copy.db")), "0") << "call " << n;
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, OutcomeUnknownTest,
                         ::testing::Values(Case{"WalCommit", "wal", true, true},
                                           Case{"WalStatement", "wal", false, true},
                                           Case{"JournalCommit", "delete", true, false},
                                           Case{"JournalStatement", "delete", false, false},
                                           Case{"TruncateCommit", "truncate", true, true}),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

}  // namespace
}  // namespace libsql
