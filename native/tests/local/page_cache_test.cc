// The page cache that tells which pages are read. A program of its own: it must be in place before
// SQLite is used.
#include "local/page_cache.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "libsql/database.h"
#include "testing/database_test.h"

namespace libsql {
namespace {

// Installed once for all tests of this program, as an application does.
const bool kInstalled = prefetch_vector_scans();

constexpr std::int64_t kRows = 600;
// A leaf has two such rows; a longer one has an overflow page.
constexpr std::size_t kShort = 384;
constexpr std::size_t kLong = 1536;

// Each row's is another one. 1009 is a prime.
std::vector<float> vector_of(std::int64_t row, std::size_t size) {
  std::vector<float> numbers(size);
  for (std::size_t i = 0; i < size; ++i) {
    numbers[i] = static_cast<float>((static_cast<std::size_t>(row) * 31 + i * i) % 1009);
  }
  return numbers;
}

std::span<const std::byte> bytes_of(const std::vector<float>& numbers) {
  return std::as_bytes(std::span(numbers));
}

class PageCacheTest : public testing::FileTest {
 protected:
  void fill(std::size_t size) {
    Connection db = connect();
    db.execute("CREATE TABLE v(id INTEGER PRIMARY KEY, x BLOB)");
    Transaction transaction = db.begin(TransactionMode::immediate);
    Statement insert = db.prepare("INSERT INTO v VALUES (?, ?)");
    for (std::int64_t row = 1; row <= kRows; ++row) {
      const std::vector<float> numbers = vector_of(row, size);
      insert.execute(row, bytes_of(numbers));
    }
    transaction.commit();
    db.checkpoint(CheckpointMode::truncate);
  }
  static std::int64_t nearest(Connection& db, const std::vector<float>& query) {
    constexpr const char* kSearch = "SELECT id FROM v ORDER BY vector_distance_l2(x, ?) LIMIT 1";
    return std::get<0>(db.query_one<std::int64_t>(kSearch, bytes_of(query)));
  }
  // Of every 40th row: the row itself.
  static void expect_all_found(Connection& db, std::size_t size) {
    for (std::int64_t row = 1; row <= kRows; row += 40) {
      EXPECT_EQ(nearest(db, vector_of(row, size)), row);
    }
  }
  // Measures half of the rows, lets something happen, and measures the others: the sum of the ids.
  static std::int64_t sum_of_scan(Connection& db, const std::function<void()>& meanwhile) {
    const std::vector<float> query = vector_of(1, kShort);
    Statement scan = db.prepare("SELECT id FROM v WHERE vector_distance_l2(x, ?) >= 0");
    scan.bind(1, bytes_of(query));
    std::int64_t sum = 0;
    for (std::int64_t row = 1; scan.step() == Step::row; ++row) {
      sum += scan.column(0).integer();
      if (row == kRows / 2) meanwhile();
    }
    return sum;
  }
};

constexpr std::int64_t kSum = kRows * (kRows + 1) / 2;

TEST_F(PageCacheTest, IsInstalledOnceAndBeforeAnythingElse) {
  EXPECT_TRUE(kInstalled);
  const Connection connection = Database(":memory:").connect();
  EXPECT_FALSE(prefetch_vector_scans());
}

TEST_F(PageCacheTest, FindsRowsWithCachesOfAnySize) {
  fill(kShort);
  for (const char* size : {"1", "50", "-2000", "-100000"}) {
    Connection db = connect();
    db.execute(std::string("PRAGMA cache_size = ") + size);
    expect_all_found(db, kShort);
  }
}

TEST_F(PageCacheTest, FindsRowsThatHaveOverflowPages) {
  fill(kLong);
  Connection db = connect();
  expect_all_found(db, kLong);
}

TEST_F(PageCacheTest, FindsRowsInMemory) {
  Connection db = Database(":memory:").connect();
  db.execute("ATTACH ? AS file", path());
  fill(kShort);
  db.execute("CREATE TABLE v AS SELECT * FROM file.v");
  expect_all_found(db, kShort);
}

TEST_F(PageCacheTest, ScansAllRowsWhenTheCacheIsEmptiedMeanwhile) {
  fill(kShort);
  Connection db = connect();
  EXPECT_EQ(sum_of_scan(db, [&db] { db.execute("PRAGMA shrink_memory"); }), kSum);
  EXPECT_EQ(sum_of_scan(db, [&db] { db.execute("PRAGMA cache_size = 1"); }), kSum);
}

TEST_F(PageCacheTest, ScansItsSnapshotWhileAnotherConnectionEmptiesAndVacuumsTheFile) {
  fill(kShort);
  Connection db = connect();
  Connection other = connect();
  EXPECT_EQ(sum_of_scan(db,
                        [&other] {
                          other.execute("DELETE FROM v WHERE id % 3 > 0");
                          other.execute("VACUUM");
                        }),
            kSum);
  // 3, 6, 9 …
  constexpr std::int64_t kLeft = kRows / 3;
  EXPECT_EQ(sum_of_scan(db, [] {}), 3 * kLeft * (kLeft + 1) / 2);
  EXPECT_EQ(nearest(db, vector_of(300, kShort)), 300);
}

TEST_F(PageCacheTest, ScansWhatItsOwnTransactionHasMovedAndTruncated) {
  fill(kShort);
  Connection db = connect();
  db.execute("PRAGMA cache_size = 20");
  db.execute("BEGIN IMMEDIATE");
  db.execute("DELETE FROM v WHERE id > 200");
  EXPECT_EQ(nearest(db, vector_of(200, kShort)), 200);
  db.execute("ROLLBACK");
  expect_all_found(db, kShort);
  db.execute("DELETE FROM v WHERE id > 200");
  db.execute("VACUUM");
  EXPECT_EQ(nearest(db, vector_of(160, kShort)), 160);
  EXPECT_EQ(db.query_one("PRAGMA integrity_check"), Value("ok"));
}

TEST_F(PageCacheTest, FindsRowsOnSeveralThreads) {
  fill(kShort);
  const auto search = [this] {
    Connection db = connect();
    expect_all_found(db, kShort);
  };
  const std::array threads = {std::jthread(search), std::jthread(search), std::jthread(search)};
}

}  // namespace
}  // namespace libsql
