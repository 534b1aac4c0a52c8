// Cursors: fetching in portions, several at once, the end of their transaction.
#include "libsql/cursor.h"

#include <gmock/gmock.h>

#include "testing/database_test.h"
#include "testing/matchers.h"

namespace libsql {
namespace {

using testing::throws_error;

class CursorTest : public testing::MemoryTest {
 protected:
  CursorTest() { db_.execute_script("CREATE TABLE t(a); INSERT INTO t VALUES (1), (2), (3)"); }
  static std::string fetch(Cursor& cursor) {
    const auto row = cursor.next();
    return row.has_value() ? testing::row_text(*row) : "end";
  }
};

TEST_F(CursorTest, FetchesRowByRow) {
  Cursor cursor = db_.open_cursor("SELECT a, a * 2 AS b FROM t");
  EXPECT_EQ(cursor.statement().column_name(1), "b");
  EXPECT_EQ(fetch(cursor), "1|2");
  EXPECT_FALSE(cursor.done());
  EXPECT_EQ(fetch(cursor), "2|4");
  EXPECT_EQ(fetch(cursor), "3|6");
  EXPECT_EQ(fetch(cursor), "end");
  EXPECT_TRUE(cursor.done());
  EXPECT_EQ(fetch(cursor), "end");
}

TEST_F(CursorTest, KeepsItsParametersAlive) {
  std::vector<Value> values = {std::string("short"), std::string(1000, 'x'), Blob(3)};
  Cursor first = db_.open_cursor("SELECT ?, length(?), ?", std::move(values));
  Cursor moved = std::move(first);
  EXPECT_EQ(fetch(moved), "'short'|1000|X'000000'");
}

TEST_F(CursorTest, RefusesAWrongNumberOfParameters) {
  EXPECT_THAT([&] { return db_.open_cursor("SELECT ?"); },
              throws_error(ErrorKind::invalid_argument, "expected 1 parameters, got 0"));
}

TEST_F(CursorTest, SeveralRunSideBySide) {
  Cursor one = db_.open_cursor("SELECT a FROM t");
  Cursor two = db_.open_cursor("SELECT a FROM t");
  EXPECT_EQ(fetch(one), "1");
  EXPECT_EQ(fetch(one), "2");
  EXPECT_EQ(fetch(two), "1");
  EXPECT_EQ(query("SELECT count(*) FROM t"), "3");
  EXPECT_EQ(fetch(one), "3");
  EXPECT_EQ(fetch(two), "2");
}

TEST_F(CursorTest, SurvivesWritesBetweenFetches) {
  Cursor cursor = db_.open_cursor("SELECT a FROM t WHERE a < 100");
  EXPECT_EQ(fetch(cursor), "1");
  db_.execute("INSERT INTO t VALUES (1000)");
  EXPECT_EQ(fetch(cursor), "2");
}

TEST_F(CursorTest, EndsWithItsTransaction) {
  Transaction transaction = db_.begin();
  Cursor committed = db_.open_cursor("SELECT a FROM t");
  EXPECT_EQ(fetch(committed), "1");
  transaction.commit();
  EXPECT_THAT([&] { return committed.next(); }, throws_error(ErrorKind::misuse));

  db_.begin_transaction(TransactionMode::deferred);
  Cursor rolled_back = db_.open_cursor("SELECT a FROM t");
  EXPECT_EQ(fetch(rolled_back), "1");
  db_.rollback();
  EXPECT_THAT([&] { return rolled_back.next(); }, throws_error(ErrorKind::misuse));
}

TEST_F(CursorTest, StaysEndedInTheNextTransaction) {
  db_.begin_transaction(TransactionMode::deferred);
  Cursor cursor = db_.open_cursor("SELECT a FROM t");
  db_.commit();
  Transaction next = db_.begin();
  EXPECT_THAT([&] { return cursor.next(); }, throws_error(ErrorKind::misuse));
}

TEST_F(CursorTest, OutsideATransactionOutlivesLaterOnes) {
  Cursor cursor = db_.open_cursor("SELECT a FROM t");
  EXPECT_EQ(fetch(cursor), "1");
  db_.begin_transaction(TransactionMode::deferred);
  db_.commit();
  EXPECT_EQ(fetch(cursor), "2");
}

TEST_F(CursorTest, FetchingAfterCloseReportsClosed) {
  Cursor cursor = db_.open_cursor("SELECT a FROM t");
  EXPECT_EQ(fetch(cursor), "1");
  db_.close();
  EXPECT_THAT([&] { return cursor.next(); }, throws_error(ErrorKind::closed));
}

TEST_F(CursorTest, MemoryDoesNotGrowWithTheResult) {
  const std::int64_t before = db_.stats().memory_bytes;
  Cursor cursor = db_.open_cursor(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)"
      " SELECT i, hex(randomblob(50)) FROM n");
  int count = 0;
  while (cursor.next().has_value()) ++count;
  EXPECT_EQ(count, 100'000);
  EXPECT_LT(db_.stats().memory_bytes - before, 1 << 20);
}

}  // namespace
}  // namespace libsql
