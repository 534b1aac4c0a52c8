// The limits of SQLite's memory. They last as long as the process, so each test has one of its own.
#include "local/memory_limits.h"

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "libsql/database.h"
#include "libsql/error.h"

namespace libsql {
namespace {

class MemoryLimitsDeathTest : public ::testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

// The message of the error that `call` throws; empty if it throws none.
template <typename Call>
std::string message_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return std::string(error.message());
  }
  return {};
}

void require(bool condition) {
  if (!condition) std::_Exit(1);
}

void limits_are_obeyed() {
  limit_memory({.soft = 40'000'000, .hard = 50'000'000});
  limit_memory({.soft = 40'000'000, .hard = 50'000'000});
  Connection db = Database(":memory:").connect();
  require(message_of([&] { db.execute("SELECT randomblob(60000000)"); }).find("memory") !=
          std::string::npos);
  const std::string refused = message_of([] { limit_memory({.soft = 1, .hard = 0}); });
  require(refused.find("(soft 40000000, hard 50000000)") != std::string::npos);
  require(refused.find("(soft 1, hard 0)") != std::string::npos);
  require(!message_of([&] { db.execute("PRAGMA hard_heap_limit = 1"); }).empty());
  require(message_of([&] { db.execute("PRAGMA hard_heap_limit"); }).empty());
  std::_Exit(0);
}

TEST_F(MemoryLimitsDeathTest, AreObeyedAndSetOnce) {
  EXPECT_EXIT(limits_are_obeyed(), ::testing::ExitedWithCode(0), "");
}

void nothing_is_counted() {
  limit_memory({});
  Connection db = Database(":memory:").connect();
  db.execute("CREATE TABLE t (x)");
  require(sqlite3_memory_used() == 0);
  require(db.stats().memory_bytes > 0);
  std::_Exit(0);
}

TEST_F(MemoryLimitsDeathTest, WithoutThemSqliteDoesNotCountItsMemory) {
  EXPECT_EXIT(nothing_is_counted(), ::testing::ExitedWithCode(0), "");
}

TEST_F(MemoryLimitsDeathTest, ANegativeOneIsRefused) {
  EXPECT_EXIT(
      {
        const bool refused = !message_of([] { limit_memory({.soft = -1, .hard = 0}); }).empty();
        std::_Exit(refused ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace libsql
