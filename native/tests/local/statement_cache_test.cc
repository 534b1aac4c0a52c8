// The statement cache: eviction of the least recently used, statements in use.
#include "local/statement_cache.h"

#include <gmock/gmock.h>

#include "testing/database_test.h"

namespace libsql {
namespace {

class StatementCacheTest : public ::testing::Test {
 protected:
  StatementCacheTest() {
    Options options;
    options.statement_cache_size = 3;
    db_.emplace(Database(":memory:", options).connect());
  }
  // True if the statement came from the cache.
  bool hits(std::string_view sql) {
    const std::uint64_t before = db_->stats().cache_hits;
    db_->execute(sql);
    return db_->stats().cache_hits > before;
  }
  std::optional<Connection> db_;
};

TEST_F(StatementCacheTest, DropsTheLeastRecentlyUsed) {
  EXPECT_FALSE(hits("SELECT 1"));
  EXPECT_FALSE(hits("SELECT 2"));
  EXPECT_FALSE(hits("SELECT 3"));
  EXPECT_TRUE(hits("SELECT 1"));
  EXPECT_FALSE(hits("SELECT 4"));  // drops SELECT 2
  EXPECT_TRUE(hits("SELECT 1"));
  EXPECT_TRUE(hits("SELECT 3"));
  EXPECT_FALSE(hits("SELECT 2"));
  EXPECT_EQ(db_->stats().cache_entries, 3U);
}

TEST_F(StatementCacheTest, CountsHitsAndMisses) {
  const ConnectionStats before = db_->stats();
  for (const char* const sql : {"SELECT 1", "SELECT 2", "SELECT 1", "SELECT 1"}) db_->execute(sql);
  EXPECT_EQ(db_->stats().cache_misses - before.cache_misses, 2U);
  EXPECT_EQ(db_->stats().cache_hits - before.cache_hits, 2U);
}

TEST_F(StatementCacheTest, EvictionOfAStatementInUseIsHarmless) {
  Statement borrowed = db_->cached("SELECT 1 UNION SELECT 2");
  ASSERT_EQ(borrowed.step(), Step::row);
  for (int i = 0; i < 10; ++i) db_->execute("SELECT " + std::to_string(i));
  ASSERT_EQ(borrowed.step(), Step::row);
  EXPECT_EQ(borrowed.column(0).integer(), 2);
}

TEST_F(StatementCacheTest, RemovalOfAStatementInUseIsHarmless) {
  {
    Statement borrowed = db_->cached("SELECT 1");
    db_->uncache("SELECT 1");
    EXPECT_EQ(borrowed.step(), Step::row);
  }
  EXPECT_FALSE(hits("SELECT 1"));
  EXPECT_TRUE(hits("SELECT 1"));
}

TEST_F(StatementCacheTest, PreparedStatementsStayOutside) {
  const std::uint64_t entries = db_->stats().cache_entries;
  db_->prepare("SELECT 1").execute();
  EXPECT_EQ(db_->stats().cache_entries, entries);
}

TEST_F(StatementCacheTest, DestroyingAStatementAfterCloseIsHarmless) {
  Statement borrowed = db_->cached("SELECT 1");
  db_->close();
}

}  // namespace
}  // namespace libsql
