// URIs that ask for SQLite's shared cache.
#include "local/location.h"

#include <atomic>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/database_test.h"
#include "testing/matchers.h"
#include "testing/wait.h"

namespace libsql {
namespace {

using local::without_shared_cache;
using testing::query;
using testing::throws_error;

TEST(LocationTest, LeavesOtherLocationsAsTheyAre) {
  for (const std::string location :
       {"test.db", ":memory:", "cache=shared", "file:test.db", "file:test.db?mode=ro",
        "file:m?mode=memory&cache=private", "file:m?cache=shared&mode=memory&cache=private"}) {
    EXPECT_EQ(without_shared_cache(location), location);
  }
}

TEST(LocationTest, SharesADatabaseInMemoryThroughTheMemdbVfs) {
  EXPECT_EQ(without_shared_cache("file:m?mode=memory&cache=shared"),
            "file:/shared-cache/m?vfs=memdb");
  EXPECT_EQ(without_shared_cache("file::memory:?cache=shared"),
            "file:/shared-cache/:memory:?vfs=memdb");
  EXPECT_EQ(without_shared_cache("file:%3Amemory:?c%61che=sh%61red#x"),
            "file:/shared-cache/%3Amemory:?vfs=memdb");
  EXPECT_EQ(without_shared_cache("file:/m?vfs=memdb&cache=shared"), "file:/m?vfs=memdb");
  EXPECT_EQ(without_shared_cache("file:m?mode=memory&a=b&cache=shared"),
            "file:/shared-cache/m?vfs=memdb&a=b");
}

TEST(LocationTest, ConnectionsOfOneNameSeeOneDatabaseInMemory) {
  const Database together("file:together?mode=memory&cache=shared");
  Connection one = together.connect();
  Connection other = together.connect();
  Connection stranger = Database("file:other?mode=memory&cache=shared").connect();
  one.execute("CREATE TABLE t(a)");
  one.execute("INSERT INTO t VALUES (7)");
  EXPECT_EQ(query(other, "SELECT a FROM t"), "7");
  EXPECT_EQ(query(stranger, "SELECT count(*) FROM sqlite_schema"), "0");
}

TEST(LocationTest, AReadDoesNotWaitForAnotherConnectionsStatement) {
  const Database together("file:slow?mode=memory&cache=shared");
  Connection one = together.connect();
  Connection other = together.connect();
  one.execute("CREATE TABLE t(a)");
  one.execute("INSERT INTO t VALUES (7)");
  testing::Gate running;
  std::atomic<bool> stop = false;
  other.set_cancel_check([&] {
    running.open();
    return stop.load();
  });
  std::jthread endless([&other] {
    EXPECT_THAT(
        [&] {
          return query(other,
                       "WITH RECURSIVE n(i) AS (SELECT a FROM t UNION ALL SELECT i FROM n) "
                       "SELECT count(*) FROM n");
        },
        throws_error(ErrorKind::interrupted));
  });
  ASSERT_TRUE(running.wait());
  EXPECT_EQ(query(one, "SELECT a FROM t"), "7");
  stop = true;
}

class SharedCacheTest : public testing::FileTest {};

TEST_F(SharedCacheTest, IsRefusedForAFile) {
  const std::string location = "file:" + path() + "?cache=shared";
  EXPECT_THAT([&] { return Database(location).connect(); },
              throws_error(ErrorKind::invalid_argument, "leave it out"));
  Options options;
  options.attach = {{"aux", location}};
  EXPECT_THAT([&] { return connect(options); }, throws_error(ErrorKind::invalid_argument));
}

}  // namespace
}  // namespace libsql
