// The allocator that gives large blocks back in portions. A program of its own: it must be in place
// before SQLite is used.
#include "local/large_blocks.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <span>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "libsql/database.h"
#include "local/sqlite.h"
#include "testing/database_test.h"

namespace libsql {
namespace {

constexpr std::size_t kSize = 32U << 20;

// Installed once for all tests of this program, as an application does.
const bool kInstalled = free_large_blocks_in_portions();

using Block = std::unique_ptr<void, local::SqliteFree>;

std::span<char> bytes(const Block& block, std::size_t size) {
  return {static_cast<char*>(block.get()), size};
}

Block filled_block() {
  Block block(sqlite3_malloc64(kSize));
  if (!block) throw std::bad_alloc();
  std::ranges::fill(bytes(block, kSize), 'x');
  return block;
}

// Leaves no null pointer behind: a failed resize keeps the block.
Block resized(Block block, std::size_t size) {
  void* moved = sqlite3_realloc64(block.get(), size);
  if (moved == nullptr) throw std::bad_alloc();
  static_cast<void>(block.release());
  return Block(moved);
}

bool all_x(std::span<const char> text) {
  return std::ranges::all_of(text, [](char c) { return c == 'x'; });
}

TEST(LargeBlocksTest, AreInstalledOnceAndBeforeAnythingElse) {
  EXPECT_TRUE(kInstalled);
  const Connection connection = Database(":memory:").connect();
  EXPECT_FALSE(free_large_blocks_in_portions());
}

TEST(LargeBlocksTest, KeepTheirContentWhenTheyShrinkAndGrow) {
  constexpr std::size_t kLess = (10U << 20) + 1234;
  Block block = resized(filled_block(), kLess);
  EXPECT_TRUE(all_x(bytes(block, kLess)));
  block = resized(std::move(block), kSize);
  EXPECT_TRUE(all_x(bytes(block, kLess)));
}

#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// In bytes. Source: proc_pid_statm(5)
std::size_t resident_memory() {
  std::size_t total = 0;
  std::size_t resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

TEST(LargeBlocksTest, GiveTheirMemoryBack) {
  Block block = filled_block();
  const std::size_t full = resident_memory();
  block = resized(std::move(block), kSize / 4);
  const std::size_t less = resident_memory();
  EXPECT_LT(less, full - kSize / 2);
  block.reset();
  EXPECT_LT(resident_memory(), less - kSize / 8);
}
#endif

TEST(LargeBlocksTest, CarryLargeValuesOfStatements) {
  Connection connection = Database(":memory:").connect();
  EXPECT_EQ(connection.query_one("SELECT length(hex(zeroblob(20000000)))"), Value(40000000));
}

}  // namespace
}  // namespace libsql
