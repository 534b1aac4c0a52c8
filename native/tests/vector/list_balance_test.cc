// Lists of sketches: how they come about, and that they stay right while rows come and go. An
// index has lists from some thousand rows on; a number in its state makes that fewer here.
#include "vector/list_balance.h"

#include <cstdint>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libsql/database.h"
#include "testing/database_test.h"
#include "testing/matchers.h"
#include "testing/vector_table.h"

namespace libsql {
namespace {

using testing::query;
using testing::throws_error;

class VectorListsTest : public testing::FileTest {
 protected:
  static int lists(Connection& db) {
    return std::stoi(query(db, "SELECT count(*) FROM libsql_vx_i_lists"));
  }
  // Rows that an index has an entry for, gone or not.
  static int entries(Connection& db) {
    return std::stoi(query(db, "SELECT count(*) FROM libsql_vx_i_places"));
  }
  static void expect_ok(Connection& db) {
    EXPECT_EQ(query(db, "SELECT vector_index_check('i')"), "'ok'");
  }
  static void use_small_lists(Connection& db) {
    db.execute("UPDATE libsql_vx_i_state SET list_rows = 8, edition = 1");
  }
  // x from 1 to `count`, at the points (x, 1).
  static void insert_line(Connection& db, int from, int count) {
    db.execute(
        "WITH RECURSIVE n(x) AS (SELECT ?1 UNION ALL SELECT x + 1 FROM n WHERE x < ?2) INSERT INTO "
        "t(id, v) SELECT x, '[' || x || ',1]' FROM n",
        std::int64_t{from}, std::int64_t{from + count - 1});
  }
  static std::string nearest(Connection& db, const std::string& to, int count) {
    const std::string ids = query(db, "SELECT group_concat(id) FROM vector_top_k('i', '" + to +
                                          "', " + std::to_string(count) + ")");
    return ids.substr(1, ids.size() - 2);
  }
  static void create(Connection& db,
                     const std::string& table = "t(id INTEGER PRIMARY KEY, v F32_BLOB(2))") {
    db.execute("CREATE TABLE " + table);
    db.execute("CREATE INDEX i ON t(libsql_vector_idx(v, 'metric=l2', 'search_l=40'))");
  }
  // An index with lists of about 8 rows.
  Connection with_lists() {
    Connection db = connect();
    create(db);
    insert_line(db, 1, 1500);
    use_small_lists(db);
    insert_line(db, 1501, 1);
    return db;
  }

  void agrees_after_random_writes(const std::string& metric) {
    SCOPED_TRACE(metric);
    std::filesystem::remove(path());
    testing::VectorData data(14);
    Connection db = connect();
    testing::VectorTable table(db, data, "F32_BLOB", "vector32", metric);
    table.fill(1300);
    use_small_lists(db);
    testing::Recall recall;
    for (int step = 0; step < 80; ++step) {
      const unsigned kind = data.below(6);
      if (kind == 0) db.execute("BEGIN");
      if (kind == 1) db.execute("SAVEPOINT s");
      if (data.below(2) == 0) table.write_many();
      for (int i = 0; i < 5; ++i) table.write();
      if (kind < 2) table.check(recall);
      if (kind == 0) db.execute(data.below(2) == 0 ? "ROLLBACK" : "COMMIT");
      if (kind == 1) {
        if (data.below(2) == 0) db.execute("ROLLBACK TO s");
        db.execute("RELEASE s");
      }
      if (kind == 2) db = connect();
      if (kind == 3) db.execute("VACUUM");
      expect_ok(db);
      table.check(recall);
    }
    EXPECT_GT(lists(db), 40);
    table.check_all();
    recall.expect_enough();
  }
};

TEST_F(VectorListsTest, FindWhatMeasuringAllRowsFindsAfterEachRandomWrite) {
  agrees_after_random_writes("cos");
  agrees_after_random_writes("l2");
}

TEST_F(VectorListsTest, FindAllOfTheNearestAfterEachRowWasInsertedAgainAndItsFirstCopyDeleted) {
  testing::VectorData data(14);
  Connection db = connect();
  db.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, v F32_BLOB(24))");
  db.execute("BEGIN");
  Statement insert = db.prepare("INSERT INTO t(v) VALUES (vector(?))");
  for (int i = 0; i < 10'000; ++i) insert.execute(data.text());
  db.execute("COMMIT");
  db.execute("CREATE INDEX i ON t(libsql_vector_idx(v, 'metric=l2'))");
  EXPECT_EQ(lists(db), 1);
  db.execute("INSERT INTO t SELECT id + 10000, v FROM t");
  db.execute("DELETE FROM t WHERE id <= 10000");
  EXPECT_GT(lists(db), 40);
  expect_ok(db);
  constexpr int kQueries = 50;
  int found = 0;
  for (int i = 0; i < kQueries; ++i) {
    const std::string wanted = data.text();
    found += std::stoi(
        query(db, "SELECT count(*) FROM vector_top_k('i', '" + wanted +
                      "', 10) WHERE id IN (SELECT id FROM t ORDER BY vector_distance_l2(v, '" +
                      wanted + "') LIMIT 10)"));
  }
  EXPECT_GE(found, 10 * kQueries - 1);
}

TEST_F(VectorListsTest, AreMadeOnceThereAreEnoughRowsAndAgainByReindex) {
  Connection db = connect();
  db.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, v F32_BLOB(2))");
  db.execute("CREATE INDEX i ON t(libsql_vector_idx(v, 'metric=l2', 'search_l=400'))");
  insert_line(db, 1, 16'500);
  EXPECT_GT(lists(db), 70);
  expect_ok(db);
  EXPECT_EQ(nearest(db, "[777,1]", 3), "777,776,778");
  db.execute("DELETE FROM t WHERE id > 2000");
  db.execute("REINDEX i");
  EXPECT_EQ(lists(db), 1);
  EXPECT_EQ(nearest(db, "[777,1]", 3), "777,776,778");
}

TEST_F(VectorListsTest, ASplitInAnInsertAndAMergeInADeleteAreUndoneWithTheirTransaction) {
  Connection db = with_lists();
  const int before = lists(db);
  EXPECT_GT(before, 100);
  db.execute("BEGIN");
  insert_line(db, 5000, 60);
  EXPECT_GT(lists(db), before);
  EXPECT_EQ(nearest(db, "[5030,1]", 3), "5030,5029,5031");
  db.execute("ROLLBACK");
  EXPECT_EQ(lists(db), before);
  expect_ok(db);
  insert_line(db, 6000, 60);
  const int grown = lists(db);
  EXPECT_EQ(nearest(db, "[5030,1]", 2), "6000,6001");
  db.execute("SAVEPOINT s");
  db.execute("DELETE FROM t WHERE id >= 6000");
  EXPECT_LT(lists(db), grown);
  expect_ok(db);
  EXPECT_EQ(nearest(db, "[5030,1]", 2), "1501,1500");
  db.execute("ROLLBACK TO s");
  EXPECT_EQ(nearest(db, "[5030,1]", 2), "6000,6001");
  EXPECT_EQ(lists(db), grown);
  db.execute("RELEASE s");
  db.execute("DELETE FROM t");
  EXPECT_EQ(lists(db), 1);
  EXPECT_EQ(entries(db), 0);
  insert_line(db, 1, 2000);
  use_small_lists(db);
  insert_line(db, 2001, 1);
  EXPECT_GT(lists(db), 100);
  expect_ok(db);
}

TEST_F(VectorListsTest, OtherConnectionsFollowSplitsAndMerges) {
  Connection db = with_lists();
  Connection other = connect();
  EXPECT_EQ(nearest(other, "[700,1]", 3), "700,699,701");
  insert_line(db, 3000, 500);
  EXPECT_EQ(nearest(other, "[3200,1]", 3), "3200,3199,3201");
  db.execute("DELETE FROM t WHERE id BETWEEN 3100 AND 3300");
  EXPECT_EQ(nearest(other, "[3200,1]", 2), "3099,3301");
  insert_line(other, 3150, 100);
  EXPECT_EQ(nearest(db, "[3200,1]", 3), "3200,3199,3201");
  expect_ok(db);
}

TEST_F(VectorListsTest, HoldAsManyRowsAsAreAskedForHoweverFarThese) {
  Connection db = with_lists();
  for (const char* count : {"1", "9", "100", "1400", "1501", "9999"}) {
    EXPECT_EQ(
        query(db, std::string("SELECT count(*) FROM vector_top_k('i', '[3,1]', ") + count + ")"),
        query(db, std::string("SELECT min(count(*), ") + count + ") FROM t"));
  }
  EXPECT_EQ(query(db, "SELECT id FROM vector_top_k('i', '[1400,1]', 9999)"),
            query(db, "SELECT id FROM t ORDER BY vector_distance_l2(v, '[1400,1]'), id"));
}

TEST_F(VectorListsTest, ForgetRowsThatReplaceHasDeletedWhileOthersAreWritten) {
  Connection db = connect();
  create(db, "t(id INTEGER PRIMARY KEY, v F32_BLOB(2), u UNIQUE)");
  insert_line(db, 1, 1100);
  use_small_lists(db);
  db.execute("UPDATE t SET u = id");
  for (int round = 0; round < 3; ++round) {
    db.execute("REPLACE INTO t(id, v, u) SELECT id + 10000, v, u FROM t");
    EXPECT_EQ(query(db, "SELECT count(*) FROM t"), "1100");
  }
  EXPECT_LT(entries(db), 1400);
  expect_ok(db);
  EXPECT_EQ(nearest(db, "[700,1]", 3), "30700,30699,30701");
}

TEST_F(VectorListsTest, WorkForKeysOfAnyType) {
  Connection db = connect();
  create(db, "t(id TEXT COLLATE NOCASE PRIMARY KEY, v F32_BLOB(2)) WITHOUT ROWID");
  const std::string many =
      "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1500) INSERT INTO "
      "t "
      "SELECT 'k' || x, '[' || x || ',1]' FROM n";
  db.execute(many);
  use_small_lists(db);
  db.execute("INSERT INTO t VALUES ('m', '[-9,1]')");
  EXPECT_GT(lists(db), 100);
  EXPECT_EQ(nearest(db, "[77,1]", 3), "k77,k76,k78");
  db.execute("UPDATE t SET id = upper(id) WHERE id BETWEEN 'k7' AND 'k79'");
  EXPECT_EQ(nearest(db, "[77,1]", 3), "K77,K76,K78");
  db.execute("DELETE FROM t WHERE id <> 'K77' AND id > 'k2'");
  expect_ok(db);
  db.execute("INSERT INTO t VALUES ('x', '[77,1]'), ('y', '[77,1]'), (x'00', '[77,1]')");
  EXPECT_EQ(nearest(db, "[77,1]", 3), "K77,x,y");
}

TEST_F(VectorListsTest, OfEqualVectorsAreSplitAndAnswerByKey) {
  Connection db = with_lists();
  db.execute(
      "WITH RECURSIVE n(x) AS (SELECT 9001 UNION ALL SELECT x + 1 FROM n WHERE x < 9300) INSERT "
      "INTO "
      "t SELECT x, '[-50,1]' FROM n");
  expect_ok(db);
  EXPECT_EQ(query(db, "SELECT count(*) FROM vector_top_k('i', '[-50,1]', 300) WHERE id > 9000"),
            "300");
}

TEST_F(VectorListsTest, AnIndexOfAnotherVersionIsSearchedRowByRowAndNotWritten) {
  Connection db = with_lists();
  db.execute("UPDATE libsql_vx_i_state SET version = 99");
  EXPECT_EQ(nearest(db, "[700,1]", 3), "700,699,701");
  Connection other = connect();
  EXPECT_THAT([&] { insert_line(other, 9000, 1); },
              throws_error(ErrorKind::error, "i was made by another version of this library"));
  other.execute("REINDEX i");
  insert_line(other, 9000, 1);
  expect_ok(db);
}

}  // namespace
}  // namespace libsql
