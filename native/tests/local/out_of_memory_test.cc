// Each allocation fails in turn, alone or with all that follow: a clear error, no leak, no loss of
// what was committed, and a connection that works.
//
// A program of its own, because it replaces the allocators of the whole process.
#include <functional>
#include <new>
#include <ostream>

#include <gmock/gmock.h>

#include "testing/database_test.h"
#include "testing/failing_allocator.h"

namespace libsql {
namespace {

using testing::FailingAllocator;
using testing::query;

struct Case {
  const char* name;
  FailingAllocator::Memory memory;
  FailingAllocator::Fault fault;

  // How GoogleTest names it.
  friend std::ostream& operator<<(std::ostream& out, const Case& shown) {
    return out << shown.name;
  }
};

class OutOfMemoryTest : public testing::FileTest, public ::testing::WithParamInterface<Case> {
 protected:
  static void SetUpTestSuite() { FailingAllocator::install(); }
  void TearDown() override { FailingAllocator::never(); }

  void SetUp() override {
    connect().execute_script(
        "CREATE TABLE t(a PRIMARY KEY, b); INSERT INTO t VALUES (1, 'one'), (2, 'two')");
    connect().execute("SELECT 1");  // Allocates what is kept for the whole process.
  }

  using Body = std::function<void(Connection& db)>;

  // Runs `step` on an open connection with each allocation failing in turn, and once more on the
  // same connection with enough memory. A step may be repeated, and leaves the database as
  // `expected` says.
  void fail_each_allocation(const Body& step, const std::string& expected) {
    for (int n = 0;; ++n) {
      prepare_database();
      const std::int64_t before = FailingAllocator::in_use();
      {
        Connection db = connect();
        const bool succeeded = runs(n, [&] { step(db); });
        EXPECT_FALSE(db.in_transaction()) << "allocation " << n;
        EXPECT_EQ(query(db, "PRAGMA integrity_check"), "'ok'") << "allocation " << n;
        EXPECT_THAT(query(db, kContent), ::testing::AnyOf(kBefore, expected)) << "allocation " << n;
        if (!succeeded) step(db);
        EXPECT_EQ(query(db, kContent), expected) << "allocation " << n;
      }
      EXPECT_EQ(FailingAllocator::in_use(), before) << "allocation " << n;
      if (!FailingAllocator::reached() || HasFailure()) {
        EXPECT_GT(n, 0) << "the step allocates nothing";
        return;
      }
    }
  }

  // True if `call` did its work although an allocation failed, or none did.
  static bool runs(int n, const std::function<void()>& call) {
    FailingAllocator::fail_at(n, GetParam().memory, GetParam().fault);
    try {
      call();
      FailingAllocator::never();
      return true;
    } catch (const Error& error) {
      FailingAllocator::never();
      EXPECT_EQ(error.kind(), ErrorKind::out_of_memory) << error.what() << ", allocation " << n;
    } catch (const std::bad_alloc&) {
      FailingAllocator::never();
      EXPECT_EQ(GetParam().memory, FailingAllocator::Memory::cpp) << "allocation " << n;
    }
    return false;
  }

  static constexpr const char* kContent = "SELECT a, b FROM t ORDER BY a";
  static constexpr const char* kBefore = "1|'one'\n2|'two'";

 private:
  void prepare_database() {
    connect().execute_script("DELETE FROM t; INSERT INTO t VALUES (1, 'one'), (2, 'two')");
  }
};

TEST_P(OutOfMemoryTest, Opening) {
  for (int n = 0;; ++n) {
    const std::int64_t before = FailingAllocator::in_use();
    static_cast<void>(runs(n, [&] { connect().close(); }));
    // Fewer if the library frees what it kept of an earlier connection.
    EXPECT_LE(FailingAllocator::in_use(), before) << "allocation " << n;
    EXPECT_EQ(connect().query_one("SELECT count(*) FROM t"), Value(std::int64_t{2}));
    if (!FailingAllocator::reached() || HasFailure()) break;
  }
}

TEST_P(OutOfMemoryTest, Querying) {
  fail_each_allocation(
      [](Connection& db) {
        Statement statement = db.prepare("SELECT b, upper(b) FROM t WHERE a >= ? ORDER BY b DESC");
        statement.bind_all(std::array{ValueView(1)});
        EXPECT_EQ(statement.columns().size(), 2U);
        std::vector<Value> values;
        while (statement.step() == Step::row) values.push_back(statement.column(1).to_value());
        EXPECT_EQ(values, (std::vector<Value>{"TWO", "ONE"}));
      },
      kBefore);
}

TEST_P(OutOfMemoryTest, RegisteredFunctions) {
  fail_each_allocation(
      [](Connection& db) {
        EXPECT_EQ(db.query_one("SELECT libsql_fold(a) FROM t WHERE a = 1"), Value("1"));
        EXPECT_EQ(db.query_one("SELECT decimal_sum(a) FROM t"), Value("3"));
      },
      kBefore);
}

TEST_P(OutOfMemoryTest, Writing) {
  fail_each_allocation(
      [](Connection& db) {
        db.execute("REPLACE INTO t VALUES (?, ?), (?, ?)", 3, "three", 1, "changed");
      },
      "1|'changed'\n2|'two'\n3|'three'");
}

TEST_P(OutOfMemoryTest, Committing) {
  fail_each_allocation(
      [](Connection& db) {
        Transaction transaction = db.begin(TransactionMode::immediate);
        db.execute("DELETE FROM t");
        Savepoint savepoint = transaction.savepoint("inner");
        db.execute("INSERT INTO t VALUES (5, zeroblob(10))");
        savepoint.rollback();
        savepoint.release();
        transaction.commit();
      },
      "");
}

TEST_P(OutOfMemoryTest, Batches) {
  fail_each_allocation(
      [](Connection& db) {
        Batch batch;
        batch.add("DELETE FROM t WHERE a = ?", {std::int64_t{1}})
            .add("REPLACE INTO t VALUES (3, 'three') RETURNING b");
        EXPECT_EQ(db.run(batch).back().count, 1);
      },
      "2|'two'\n3|'three'");
}

// If a batch cannot be undone, the transaction around it is rolled back: no part of the batch is
// kept.
TEST_P(OutOfMemoryTest, BatchesInATransaction) {
  fail_each_allocation(
      [](Connection& db) {
        Transaction transaction = db.begin(TransactionMode::immediate);
        db.execute("DELETE FROM t WHERE a = 2");
        Batch batch;
        batch.add("DELETE FROM t WHERE a = 1").add("INSERT INTO t VALUES (3, upper('three'))");
        try {
          static_cast<void>(db.run(batch));
        } catch (const std::exception&) {
          FailingAllocator::never();
          EXPECT_THAT(query(db, kContent), ::testing::AnyOf(kBefore, "1|'one'"));
          throw;
        }
        transaction.commit();
      },
      "3|'THREE'");
}

TEST_P(OutOfMemoryTest, Cursors) {
  fail_each_allocation(
      [](Connection& db) {
        Cursor cursor = db.open_cursor("SELECT b FROM t WHERE a > ?", {std::int64_t{0}});
        int rows = 0;
        while (cursor.next()) ++rows;
        EXPECT_EQ(rows, 2);
      },
      kBefore);
}

TEST_P(OutOfMemoryTest, Backups) {
  fail_each_allocation(
      [this](Connection& db) {
        db.backup_to(path("copy.db"));
        EXPECT_TRUE(db.serialise().starts_with("SQLite format 3"));
        EXPECT_EQ(db.checkpoint(CheckpointMode::truncate).busy, false);
      },
      kBefore);
}

TEST_P(OutOfMemoryTest, Restoring) {
  connect().backup_to(path("copy.db"));
  fail_each_allocation([this](Connection& db) { db.restore_from(path("copy.db")); }, kBefore);
}

TEST_P(OutOfMemoryTest, SettingUp) {
  fail_each_allocation(
      [](Connection& db) {
        db.set_access_policy({{{Action::del, "t"}}});
        db.set_access_policy({});
        db.observe([](const Event&) {});
        EXPECT_EQ(db.pragma("cache_size", "-100"), std::nullopt);
        EXPECT_EQ(db.pragma("user_version", "7"), std::nullopt);
        db.execute_script("SELECT 1; REPLACE INTO t VALUES (2, 'new')");
        db.reset();
      },
      "1|'one'\n2|'new'");
}

using Memory = FailingAllocator::Memory;
using Fault = FailingAllocator::Fault;

INSTANTIATE_TEST_SUITE_P(Kinds, OutOfMemoryTest,
                         ::testing::Values(Case{"SqliteOnce", Memory::sqlite, Fault::once},
                                           Case{"SqliteFrom", Memory::sqlite, Fault::from_then_on},
                                           Case{"CppOnce", Memory::cpp, Fault::once},
                                           Case{"CppFrom", Memory::cpp, Fault::from_then_on}),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

}  // namespace
}  // namespace libsql
