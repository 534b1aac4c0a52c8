// Databases: locations, and connections to them.
#include "libsql/database.h"

#include <gmock/gmock.h>

#include "testing/database_test.h"
#include "testing/matchers.h"

namespace libsql {
namespace {

using testing::query;
using testing::throws_error;

TEST(DatabaseTest, ChecksItsLocation) {
  EXPECT_THAT([] { return Database(""); }, throws_error(ErrorKind::invalid_argument));
  EXPECT_THAT([] { return Database(std::string("a\0b", 3)); },
              throws_error(ErrorKind::invalid_argument));
  for (const char* const remote : {"libsql://host", "LIBSQL://host", "http://host",
                                   "https://host/a", "ws://host", "wss://host"}) {
    EXPECT_THAT([&] { return Database(remote); }, throws_error(ErrorKind::invalid_argument));
  }
}

TEST(DatabaseTest, OpensNothingByItself) {
  const Database database("/no/such/folder/file.db");
  EXPECT_EQ(database.location(), "/no/such/folder/file.db");
  EXPECT_THAT([&] { return database.connect(); }, throws_error(ErrorKind::cannot_open));
}

TEST(DatabaseTest, MemoryIsPrivateToAConnection) {
  const Database database(":memory:");
  Connection one = database.connect();
  Connection two = database.connect();
  one.execute("CREATE TABLE t(a)");
  EXPECT_THAT([&] { two.execute("SELECT * FROM t"); }, throws_error(ErrorKind::error));
}

TEST(DatabaseTest, SharedMemoryIsShared) {
  const Database database(Database::shared_memory("a name/with ?#% things"));
  Connection one = database.connect();
  Connection two = database.connect();
  Connection other = Database(Database::shared_memory("another")).connect();
  one.execute("CREATE TABLE t AS SELECT 5 AS a");
  EXPECT_EQ(query(two, "SELECT a FROM t"), "5");
  two.execute("UPDATE t SET a = 6");
  EXPECT_EQ(query(one, "SELECT a FROM t"), "6");
  EXPECT_THAT([&] { other.execute("SELECT * FROM t"); }, throws_error(ErrorKind::error));
}

TEST(DatabaseTest, SharedMemoryEndsWithItsLastConnection) {
  const Database database(Database::shared_memory("passing"));
  {
    Connection one = database.connect();
    one.execute("CREATE TABLE t(a)");
  }
  Connection two = database.connect();
  EXPECT_EQ(query(two, "SELECT count(*) FROM sqlite_schema"), "0");
  EXPECT_THAT([] { return Database::shared_memory(""); },
              throws_error(ErrorKind::invalid_argument));
}

TEST(SqliteVersionTest, NamesTheLibraryInUse) {
  EXPECT_GE(sqlite_version_number(), 3040000);
  EXPECT_EQ(sqlite_version().substr(0, 2), "3.");
  Connection db = Database(":memory:").connect();
  EXPECT_EQ(db.query_one("SELECT sqlite_version()"), Value(std::string(sqlite_version())));
}

class DatabaseFileTest : public testing::FileTest {};

TEST_F(DatabaseFileTest, ConnectionsToOneFileSeeEachOthersRows) {
  Connection one = connect();
  one.execute("CREATE TABLE t AS SELECT 5 AS a");
  Connection two = connect();
  EXPECT_EQ(query(two, "SELECT a FROM t"), "5");
  Connection three = Database("file:" + path() + "?mode=ro").connect();
  EXPECT_EQ(query(three, "SELECT a FROM t"), "5");
  EXPECT_THAT([&] { three.execute("DELETE FROM t"); }, throws_error(ErrorKind::read_only));
}

}  // namespace
}  // namespace libsql
