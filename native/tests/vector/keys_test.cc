#include "vector/keys.h"

#include <vector>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "vector/sqlite_statement.h"

namespace libsql::vector {
namespace {

// Values as SQLite makes them, in the order of its collation BINARY.
class VectorKeysTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(sqlite3_open(":memory:", &db_), SQLITE_OK);
    SqliteStatement values(
        db_,
        "SELECT column1 FROM (VALUES (-9), (-1.5), (0), (0.5), (7), (''), ('A'), "
        "('AB'), ('a'), (x''), (x'00'), (x'41')) ORDER BY column1");
    while (values.step()) keys_.push_back(copy_of(sqlite3_column_value(values.get(), 0)));
    ASSERT_EQ(keys_.size(), 12U);
  }
  void TearDown() override {
    keys_.clear();
    sqlite3_close(db_);
  }

  sqlite3* db_ = nullptr;
  std::vector<OwnedValue> keys_;
};

TEST_F(VectorKeysTest, HaveTheOrderInWhichSqliteSortsThem) {
  for (std::size_t left = 0; left < keys_.size(); ++left) {
    for (std::size_t right = 0; right < keys_.size(); ++right) {
      EXPECT_EQ(is_before(keys_[left].get(), keys_[right].get()), left < right) << left << right;
    }
  }
}

TEST_F(VectorKeysTest, AreTheSameOnlyWithTheSameType) {
  for (std::size_t left = 0; left < keys_.size(); ++left) {
    for (std::size_t right = 0; right < keys_.size(); ++right) {
      EXPECT_EQ(is_same(keys_[left].get(), keys_[right].get()), left == right) << left << right;
    }
  }
}

}  // namespace
}  // namespace libsql::vector
