// A missing file is created by the first write, not by reading.
#include "shell/current_database.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "libsql/error.h"
#include "shell/command_error.h"
#include "testing/temporary_directory.h"

namespace libsql::shell {
namespace {

class CurrentDatabaseTest : public ::testing::Test {
 protected:
  // As the shell runs a statement.
  static void run(CurrentDatabase& database, std::string_view sql) {
    Statement statement = database.connection().prepare(sql);
    if (database.creates_file(statement)) statement = database.writable().prepare(sql);
    statement.execute();
    if (database.missing()) database.remember(statement, {});
  }
  [[nodiscard]] std::string file(const std::string& name) const { return folder_.path(name); }

  testing::TemporaryDirectory folder_;
  Interrupts interrupts_{Interrupts::Idle::wake_prompt};
};

TEST_F(CurrentDatabaseTest, ReadingCreatesNoFile) {
  CurrentDatabase database(interrupts_, file("new.db"), Access::read_write);
  for (const std::string_view sql :
       {"SELECT 1", "BEGIN", "SELECT count(*) FROM sqlite_schema", "COMMIT", "PRAGMA user_version",
        "PRAGMA journal_mode", "PRAGMA foreign_keys = OFF", "EXPLAIN SELECT 1"}) {
    run(database, sql);
  }
  EXPECT_TRUE(database.missing());
  EXPECT_FALSE(std::filesystem::exists(file("new.db")));
}

TEST_F(CurrentDatabaseTest, AWriteCreatesTheFile) {
  CurrentDatabase database(interrupts_, file("new.db"), Access::read_write);
  run(database, "CREATE TABLE t(a)");
  EXPECT_FALSE(database.missing());
  EXPECT_GT(std::filesystem::file_size(file("new.db")), 0U);
}

TEST_F(CurrentDatabaseTest, TheConnectionKeepsItsState) {
  CurrentDatabase database(interrupts_, file("new.db"), Access::read_write);
  for (const std::string_view sql : {"PRAGMA page_size = 8192", "PRAGMA foreign_keys = OFF",
                                     "ATTACH ':memory:' AS other", "BEGIN", "SAVEPOINT s"}) {
    run(database, sql);
  }
  run(database, "CREATE TABLE t(a)");
  EXPECT_TRUE(database.connection().in_transaction());
  run(database, "RELEASE s");
  run(database, "COMMIT");
  EXPECT_EQ(database.connection().query_one("PRAGMA page_size"), Value(std::int64_t{8192}));
  EXPECT_EQ(database.connection().query_one("PRAGMA foreign_keys"), Value(std::int64_t{0}));
  EXPECT_EQ(database.connection().query_one("SELECT count(*) FROM other.sqlite_schema"),
            Value(std::int64_t{0}));
}

TEST_F(CurrentDatabaseTest, AFileThatAppearsIsOpened) {
  CurrentDatabase database(interrupts_, file("new.db"), Access::read_write);
  Database(file("new.db")).connect().execute("CREATE TABLE theirs(a)");
  EXPECT_TRUE(database.missing());
  database.look_for_file();
  EXPECT_FALSE(database.missing());
  EXPECT_EQ(database.connection().query_one("SELECT name FROM sqlite_schema"),
            Value(std::string("theirs")));
}

TEST_F(CurrentDatabaseTest, OpenReplacesTheDatabaseUnlessItFails) {
  CurrentDatabase database(interrupts_, ":memory:", Access::read_write);
  run(database, "CREATE TABLE first(a)");
  EXPECT_THROW(database.open(file("no/such/folder.db"), Access::read_write), Error);
  EXPECT_THROW(database.open(file("none.db"), Access::read_only), Error);
  run(database, "SELECT a FROM first");
  run(database, "BEGIN");
  EXPECT_THROW(database.open(file("new.db"), Access::read_write), CommandError);
  run(database, "ROLLBACK");
  database.open(file("new.db"), Access::read_write);
  EXPECT_TRUE(database.missing());
  EXPECT_THROW(run(database, "SELECT a FROM first"), Error);
}

TEST(FileOfTest, FindsThePathInLocations) {
  EXPECT_EQ(file_of("shop.db"), "shop.db");
  EXPECT_EQ(file_of(":memory:"), "");
  EXPECT_EQ(file_of("file:a%20b.db?cache=private#x"), "a b.db");
  EXPECT_EQ(file_of("file://localhost/tmp/x.db"), "/tmp/x.db");
  EXPECT_EQ(file_of("file:///tmp/x.db"), "/tmp/x.db");
  EXPECT_EQ(file_of("file::memory:?cache=shared"), "");
  EXPECT_EQ(file_of("file:x.db?mode=rw"), "");
  EXPECT_EQ(file_of("file:/name?vfs=memdb"), "");
}

}  // namespace
}  // namespace libsql::shell
