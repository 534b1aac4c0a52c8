// Opening: defaults, options, and everything that may be wrong with a file.
#include "local/open.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <sqlite3.h>

#include "testing/database_test.h"
#include "testing/matchers.h"

namespace libsql {
namespace {

using testing::query;
using testing::throws_error;

class OpenTest : public testing::FileTest {
 protected:
  void overwrite(std::streamoff offset, const std::string& bytes) const {
    std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(offset);
    file << bytes;
  }
};

TEST_F(OpenTest, SetsItsDefaults) {
  Connection db = connect();
  EXPECT_EQ(query(db, "PRAGMA foreign_keys"), "1");
  EXPECT_EQ(query(db, "PRAGMA journal_mode"), "'wal'");
  EXPECT_EQ(query(db, "PRAGMA synchronous"), "1");
  EXPECT_EQ(query(db, "PRAGMA secure_delete"), "0");
  EXPECT_EQ(db.busy_timeout(), std::chrono::milliseconds(5000));
}

TEST_F(OpenTest, PragmaReadsAndSetsTheBusyTimeout) {
  Connection db = connect();
  EXPECT_EQ(query(db, "PRAGMA busy_timeout"), "5000");
  EXPECT_EQ(query(db, "PRAGMA Main.Busy_Timeout = 70"), "70");
  EXPECT_EQ(db.busy_timeout(), std::chrono::milliseconds(70));
  EXPECT_EQ(query(db, "PRAGMA busy_timeout"), "70");
  EXPECT_THAT([&] { return query(db, "PRAGMA busy_timeout = "); }, throws_error(ErrorKind::error));
  db.set_busy_timeout(std::chrono::milliseconds(80));
  EXPECT_EQ(query(db, "PRAGMA busy_timeout"), "80");
  EXPECT_EQ(query(db, "PRAGMA busy_timeout = -1"), "0");
  EXPECT_EQ(db.busy_timeout(), std::chrono::milliseconds(0));
}

TEST_F(OpenTest, AttachingWhatIsNoDatabaseLeavesTheConnectionUsable) {
  const std::string other = path() + ".txt";
  std::ofstream(other) << std::string(10'000, 'x');
  Connection db = connect();
  try {
    db.execute("ATTACH ? AS other", other);
    FAIL() << "attached";
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "file is not a database");
    EXPECT_FALSE(error.recovery().connection_lost);
  }
  EXPECT_EQ(query(db, "SELECT 1"), "1");
}

TEST_F(OpenTest, FollowsItsOptions) {
  Options options;
  options.foreign_keys = false;
  options.synchronous = "full";
  options.journal_mode = "delete";
  options.busy_timeout = std::chrono::milliseconds(70);
  options.pragmas = {{"user_version", "12"},
                     {"cache_size", "-4000"},
                     {"page_size", "8192"},
                     {"encoding", "UTF-16le"},
                     {"application_id", "99"}};
  Connection db = connect(options);
  EXPECT_EQ(query(db, "PRAGMA foreign_keys"), "0");
  EXPECT_EQ(query(db, "PRAGMA journal_mode"), "'delete'");
  EXPECT_EQ(query(db, "PRAGMA synchronous"), "2");
  EXPECT_EQ(db.busy_timeout(), std::chrono::milliseconds(70));
  EXPECT_EQ(query(db, "PRAGMA user_version"), "12");
  EXPECT_EQ(query(db, "PRAGMA cache_size"), "-4000");
  EXPECT_EQ(query(db, "PRAGMA page_size"), "8192");
  EXPECT_EQ(query(db, "PRAGMA encoding"), "'UTF-16le'");
  db.execute("CREATE TABLE t(a)");
  db.execute("INSERT INTO t VALUES (?)", "\xC3\xA4");
  EXPECT_EQ(query(db, "SELECT a, length(a) FROM t"), "'\xC3\xA4'|1");
}

TEST_F(OpenTest, TakesDoubleQuotedStringsOnlyWhereTheyAreWanted) {
  EXPECT_THAT([this] { connect().execute("SELECT \"text\""); }, throws_error(ErrorKind::error));
  Options options;
  options.double_quoted_strings = true;
  Connection db = connect(options);
  EXPECT_EQ(query(db, "SELECT \"text\""), "'text'");
  db.execute("CREATE TABLE t (a DEFAULT \"b\")");
}

TEST_F(OpenTest, RefusesOptionsThatAreWrong) {
  const auto opens_with = [&](auto change) {
    Options options;
    change(options);
    return [this, options] { return connect(options); };
  };
  EXPECT_THAT(opens_with([](Options& o) { o.synchronous = "sometimes"; }),
              throws_error(ErrorKind::invalid_argument));
  EXPECT_THAT(opens_with([](Options& o) { o.journal_mode = "paper"; }),
              throws_error(ErrorKind::invalid_argument));
  EXPECT_THAT(opens_with([](Options& o) {
                o.pragmas = {{"a; DROP TABLE t", "1"}};
              }),
              throws_error(ErrorKind::invalid_argument));
  EXPECT_THAT(opens_with([](Options& o) {
                o.attach = {{"other", "/no/such/folder/x.db"}};
              }),
              throws_error(ErrorKind::cannot_open));
  EXPECT_THAT(opens_with([](Options& o) {
                o.extensions = {{"/no/such/extension.so", ""}};
              }),
              ::testing::Throws<Error>());
}

TEST_F(OpenTest, RefusesNumbersBelowZero) {
  Options options;
  options.wal_auto_checkpoint = -1;
  EXPECT_THAT(
      [&] { return connect(options); },
      throws_error(ErrorKind::invalid_argument, "wal_auto_checkpoint must be 0 or more, got -1"));
  options.wal_auto_checkpoint = 0;
  options.progress_steps = -5;
  EXPECT_THAT(
      [&] { return connect(options); },
      throws_error(ErrorKind::invalid_argument, "progress_steps must be 0 or more, got -5"));
  EXPECT_FALSE(std::filesystem::exists(path()));
  options.progress_steps = 0;
  Connection db = connect(options);
  EXPECT_EQ(query(db, "PRAGMA wal_autocheckpoint"), "0");
}

TEST_F(OpenTest, AnInvalidUriCannotBeOpened) {
  for (const auto& [uri, message] :
       {std::pair{"file://elsewhere" + path(), std::string("invalid uri authority: elsewhere")},
        std::pair{"file:" + path() + "?vfs=none", "no such vfs: none: file:" + path()},
        std::pair{"file:" + path() + "?mode=none", "no such access mode: none: file:" + path()}}) {
    const std::string& location = uri;  // Clang 14: lambdas capture no structured bindings.
    EXPECT_THAT([&] { return Database(location).connect(); },
                throws_error(ErrorKind::cannot_open, message));
    EXPECT_THAT([&] { connect().backup_to(location); },
                throws_error(ErrorKind::cannot_open, message));
  }
}

// A parameter may be a key.
TEST_F(OpenTest, MessagesLeaveOutTheParametersOfALocation) {
  try {
    static_cast<void>(Database("file:" + path("none/x.db") + "?token=hunter2").connect());
    FAIL() << "opened";
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "unable to open database file: file:" + path("none/x.db") +
                                   " (No such file or directory); the file or its folder does "
                                   "not exist");
  }
  const std::string uri = "file:" + path("none/x.db");
  Connection db = connect();
  EXPECT_THAT([&] { db.vacuum_into(uri + "?token=hunter2"); },
              throws_error(ErrorKind::cannot_open, "unable to open database: " + uri));
  Options attaching;
  attaching.attach = {{.name = "other", .path = uri + "?token=hunter2"}};
  try {
    static_cast<void>(connect(attaching));
    FAIL() << "attached";
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "unable to open database: " + uri +
                                   " (No such file or directory); the file or its folder does "
                                   "not exist");
  }
}

TEST_F(OpenTest, HonoursTheMode) {
  Options existing;
  existing.mode = OpenMode::read_write;
  EXPECT_THAT([&] { return connect(existing); }, throws_error(ErrorKind::cannot_open));
  Options reading;
  reading.mode = OpenMode::read_only;
  EXPECT_THAT([&] { return connect(reading); }, throws_error(ErrorKind::cannot_open));
  EXPECT_FALSE(std::filesystem::exists(path()));
  connect().execute("CREATE TABLE t AS SELECT 1 AS a");
  connect(existing).execute("INSERT INTO t VALUES (2)");
  Connection reader = connect(reading);
  EXPECT_EQ(query(reader, "SELECT a FROM t"), "1\n2");
  EXPECT_THAT([&] { reader.execute("DELETE FROM t"); },
              throws_error(ErrorKind::read_only, "attempt to write a readonly database"));
}

TEST_F(OpenTest, CreatesFoldersWhenAsked) {
  const std::string deep = path("a/b/c.db");
  EXPECT_THAT([&] { return Database(deep).connect(); }, throws_error(ErrorKind::cannot_open));
  Options options;
  options.create_folders = true;
  Database(deep, options).connect().execute("CREATE TABLE t(a)");
  EXPECT_TRUE(std::filesystem::exists(deep));
}

TEST_F(OpenTest, AttachesDatabases) {
  Options options;
  options.attach = {{"other", path("other.db")}, {"select", ":memory:"}};
  Connection db = connect(options);
  db.execute("CREATE TABLE other.t AS SELECT 4 AS a");
  db.execute("CREATE TABLE \"select\".u AS SELECT 5 AS a");
  EXPECT_EQ(query(db, "SELECT t.a, u.a FROM other.t, \"select\".u"), "4|5");
}

TEST_F(OpenTest, TheCacheHasTheSizeOfTheOption) {
  Options options;
  options.statement_cache_size = 2;
  Connection small = connect(options);
  for (const char* const sql : {"SELECT 1", "SELECT 2", "SELECT 3"}) small.execute(sql);
  EXPECT_EQ(small.stats().cache_entries, 2U);
  options.statement_cache_size = 0;
  Connection none = connect(options);
  none.execute("SELECT 1");
  none.execute("SELECT 1");
  EXPECT_EQ(none.stats().cache_entries, 0U);
  EXPECT_EQ(none.stats().cache_hits, 0U);
}

// --- Files that are damaged, or no databases ---

TEST_F(OpenTest, RefusesWhatIsNoDatabase) {
  std::ofstream(path()) << std::string(10'000, 'x');
  EXPECT_THAT([&] { return connect(); },
              throws_error(ErrorKind::not_a_database, "file is not a database: " + path()));
  EXPECT_EQ(std::filesystem::file_size(path()), 10'000U);
}

TEST_F(OpenTest, RefusesFoldersAndSpecialNames) {
  std::filesystem::create_directory(path("folder"));
  EXPECT_THAT(
      [&] { return Database(path("folder")).connect(); },
      throws_error(ErrorKind::cannot_open, "unable to open database file: " + path("folder") +
                                               " (Is a directory); name a file"));
  EXPECT_THAT([&] { return Database(path(std::string(5000, 'n'))).connect(); },
              throws_error(ErrorKind::cannot_open));
}

TEST_F(OpenTest, NoFileIsCreatedInAReadOnlyFolder) {
  if (geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  std::filesystem::create_directory(path("locked"));
  chmod(path("locked").c_str(), 0500);
  EXPECT_THAT([&] { return Database(path("locked/x.db")).connect(); },
              throws_error(ErrorKind::cannot_open));
}

TEST_F(OpenTest, NoticesDamagedPages) {
  {
    Options options;
    options.journal_mode = "delete";
    Connection db = connect(options);
    db.execute("CREATE TABLE t(a)");
    db.execute(
        "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
        "999)"
        " SELECT zeroblob(500) FROM n");
    db.execute("CREATE TABLE healthy AS SELECT 1 AS a");
  }
  overwrite(4096, std::string(4096, '\xA5'));
  Connection db = connect();
  EXPECT_THAT([&] { return query(db, "SELECT sum(length(a)) FROM t"); },
              throws_error(ErrorKind::corrupt, "malformed"));
  EXPECT_EQ(query(db, "SELECT a FROM healthy"), "1");
}

TEST_F(OpenTest, NoticesATruncatedFile) {
  connect().execute_script("CREATE TABLE t(a); INSERT INTO t VALUES (zeroblob(50000))");
  std::filesystem::resize_file(path(), 4096);
  const auto open_and_read = [&] {
    Connection db = connect();
    return query(db, "SELECT hex(a) FROM t");
  };
  EXPECT_THAT(open_and_read, throws_error(ErrorKind::corrupt));
}

TEST_F(OpenTest, AFullDatabaseKeepsWhatItHas) {
  Connection db = connect();
  db.execute("CREATE TABLE t(a)");
  db.execute("INSERT INTO t VALUES ('kept')");
  db.pragma("max_page_count", "10");
  EXPECT_THAT([&] { db.execute("INSERT INTO t VALUES (zeroblob(1000000))"); },
              throws_error(ErrorKind::full, "database or disk is full"));
  EXPECT_EQ(query(db, "SELECT a FROM t"), "'kept'");
  db.execute("INSERT INTO t VALUES ('small')");
  EXPECT_EQ(query(db, "PRAGMA integrity_check"), "'ok'");
}

TEST_F(OpenTest, LeavesNothingBehindWhenItFails) {
  std::ofstream(path()) << std::string(10'000, 'x');
  const std::int64_t before = sqlite3_memory_used();
  EXPECT_THAT([&] { return connect(); }, ::testing::Throws<Error>());
  EXPECT_EQ(sqlite3_memory_used(), before);
}

TEST_F(OpenTest, LeavesNothingBehindWhenItCloses) {
  connect().execute("CREATE TABLE t(a)");
  const std::int64_t before = sqlite3_memory_used();
  for (int i = 0; i < 50; ++i) {
    Connection db = connect();
    db.execute("INSERT INTO t VALUES (1)");
    Cursor cursor = db.open_cursor("SELECT * FROM t");
    static_cast<void>(cursor.next());
    if (i % 2 == 0) db.close();
  }
  EXPECT_EQ(sqlite3_memory_used(), before);
}

// --- Extensions ---

class ExtensionTest : public testing::MemoryTest {};

TEST_F(ExtensionTest, LoadsOnlyWhenEnabled) {
  const Extension extension{LIBSQL_TEST_EXTENSION, ""};
  EXPECT_THAT([&] { db_.load_extension(extension); }, throws_error(ErrorKind::denied));
  db_.enable_extensions(true);
  db_.load_extension(extension);
  EXPECT_EQ(query("SELECT test_answer()"), "42");
  db_.enable_extensions(false);
  EXPECT_THAT([&] { db_.load_extension(extension); }, throws_error(ErrorKind::denied));
  EXPECT_EQ(query("SELECT test_answer()"), "42");
}

TEST_F(ExtensionTest, LoadsByEntryPoint) {
  db_.enable_extensions(true);
  db_.load_extension({LIBSQL_TEST_EXTENSION, "other_entry_point"});
  EXPECT_EQ(query("SELECT other_answer()"), "42");
  EXPECT_THAT(
      [&] {
        db_.load_extension({LIBSQL_TEST_EXTENSION, "no_such_entry"});
      },
      throws_error(ErrorKind::error));
  EXPECT_THAT(
      [&] {
        db_.load_extension({"/no/such/extension.so", ""});
      },
      throws_error(ErrorKind::error));
}

TEST_F(ExtensionTest, SqlCannotLoadUnlessEnabled) {
  const std::string load = std::string("SELECT load_extension('") + LIBSQL_TEST_EXTENSION + "')";
  EXPECT_THAT([&] { return query(load); }, throws_error(ErrorKind::denied, "not authorized"));
}

TEST_F(ExtensionTest, LoadsExtensionsFromOptionsThenForbidsLoading) {
  Options options;
  options.extensions = {{LIBSQL_TEST_EXTENSION, ""}};
  Connection db = Database(":memory:", options).connect();
  EXPECT_EQ(testing::query(db, "SELECT test_answer()"), "42");
  EXPECT_THAT([&] { db.load_extension(options.extensions[0]); }, throws_error(ErrorKind::denied));
}

}  // namespace
}  // namespace libsql
