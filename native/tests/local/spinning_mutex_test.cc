// The process-wide mutexes. A program of its own: they must be in place before SQLite is used.
#include "local/spinning_mutex.h"

#include <memory>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "libsql/database.h"
#include "testing/database_test.h"

namespace libsql {
namespace {

struct MutexFree {
  void operator()(sqlite3_mutex* mutex) const noexcept { sqlite3_mutex_free(mutex); }
};
using MutexPtr = std::unique_ptr<sqlite3_mutex, MutexFree>;

// Installed once for all tests of this program, as an application does.
const bool kInstalled = use_spinning_mutexes();

void count_in_threads(sqlite3_mutex* mutex) {
  constexpr int kEach = 20000;
  int count = 0;
  {
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (int id = 0; id < 4; ++id) {
      threads.emplace_back([&] {
        for (int i = 0; i < kEach; ++i) {
          sqlite3_mutex_enter(mutex);
          ++count;
          sqlite3_mutex_leave(mutex);
        }
      });
    }
  }
  EXPECT_EQ(count, 4 * kEach);
}

TEST(SpinningMutexTest, AreInstalledOnceAndBeforeAnythingElse) {
  EXPECT_TRUE(kInstalled);
  const Connection connection = Database(":memory:").connect();
  EXPECT_FALSE(use_spinning_mutexes());
}

TEST(SpinningMutexTest, LetOneThreadIn) {
  sqlite3_initialize();
  const MutexPtr fast(sqlite3_mutex_alloc(SQLITE_MUTEX_FAST));
  count_in_threads(fast.get());
  count_in_threads(sqlite3_mutex_alloc(SQLITE_MUTEX_STATIC_APP1));
  const MutexPtr recursive(sqlite3_mutex_alloc(SQLITE_MUTEX_RECURSIVE));
  count_in_threads(recursive.get());
}

TEST(SpinningMutexTest, AreOneForEachStaticNumber) {
  sqlite3_initialize();
  EXPECT_EQ(sqlite3_mutex_alloc(SQLITE_MUTEX_STATIC_APP1),
            sqlite3_mutex_alloc(SQLITE_MUTEX_STATIC_APP1));
  EXPECT_NE(sqlite3_mutex_alloc(SQLITE_MUTEX_STATIC_APP1),
            sqlite3_mutex_alloc(SQLITE_MUTEX_STATIC_APP2));
}

TEST(SpinningMutexTest, RecursiveOnesAreEnteredAgainByTheirThreadOnly) {
  sqlite3_initialize();
  const MutexPtr mutex(sqlite3_mutex_alloc(SQLITE_MUTEX_RECURSIVE));
  const auto others_try = [&] {
    int result = SQLITE_OK;
    std::jthread([&] {
      result = sqlite3_mutex_try(mutex.get());
      if (result == SQLITE_OK) sqlite3_mutex_leave(mutex.get());
    }).join();
    return result;
  };
  sqlite3_mutex_enter(mutex.get());
  EXPECT_EQ(sqlite3_mutex_try(mutex.get()), SQLITE_OK);
  EXPECT_EQ(others_try(), SQLITE_BUSY);
  sqlite3_mutex_leave(mutex.get());
  EXPECT_EQ(others_try(), SQLITE_BUSY);
  sqlite3_mutex_leave(mutex.get());
  EXPECT_EQ(others_try(), SQLITE_OK);
}

using SpinningMutexFileTest = testing::FileTest;

TEST_F(SpinningMutexFileTest, ServeReadersAndWritersOfOneFile) {
  connect().execute("CREATE TABLE t(a)");
  {
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (int id = 0; id < 4; ++id) {
      threads.emplace_back([&] {
        Connection connection = connect();
        for (int i = 0; i < 100; ++i) {
          connection.execute("INSERT INTO t VALUES (1)");
          connection.execute("SELECT count(*) FROM t");
        }
      });
    }
  }
  Connection reader = connect();
  EXPECT_EQ(testing::query(reader, "SELECT count(*) FROM t"), "400");
}

}  // namespace
}  // namespace libsql
