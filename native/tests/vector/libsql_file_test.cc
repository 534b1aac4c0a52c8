// Files whose indexes on vectors libSQL has built: one that was recorded, and one that npm's
// package `libsql` makes now, if NODE_PATH leads to it.
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "testing/database_test.h"
#include "testing/matchers.h"

namespace libsql {
namespace {

using testing::throws_error;

// Makes the file. fixtures/libsql_indexes.db is what npm's libsql 0.5.29 has made of it.
constexpr const char* kProgram = R"js(
const Database = require('libsql');
const db = new Database(process.argv[2]);
db.exec(`PRAGMA page_size = 1024; PRAGMA journal_mode = delete;
CREATE TABLE film(id INTEGER PRIMARY KEY, title TEXT, v F32_BLOB(4));
CREATE TABLE tag(name TEXT PRIMARY KEY, v F64_BLOB(2)) WITHOUT ROWID;
CREATE TABLE note(x);
CREATE INDEX film_cos ON film(libsql_vector_idx(v));
CREATE INDEX "film_l2" ON film(libsql_vector_idx(v, 'metric=l2', 'compress_neighbors=float8')) WHERE id % 2 = 0;
CREATE INDEX tag_idx ON tag(libsql_vector_idx(v, 'metric=l2'));`);
for (let i = 1; i <= 40; i++) db.exec(`INSERT INTO film VALUES (${i}, 'film ${i}', vector('[${i},${41-i},${i%7},1]'))`);
db.exec("INSERT INTO film VALUES (41, 'nothing', NULL)");
for (let i = 1; i <= 9; i++) db.exec(`INSERT INTO tag VALUES ('t${i}', vector64('[${i},1]'))`);
db.close();
)js";

// Runs the statements of a file, one a line; prints each row as JSON, or '!' and the error.
constexpr const char* kRunner = R"js(
const Database = require('libsql');
const db = new Database(process.argv[2]);
for (const line of require('fs').readFileSync(process.argv[3], 'utf8').split('\n').filter(x => x)) {
  try {
    if (/^SELECT/.test(line)) for (const row of db.prepare(line).all([])) console.log(JSON.stringify(row));
    else db.exec(line);
  } catch (error) { console.log('!' + error.message); }
}
db.close();
)js";

// What libSQL keeps in the file.
constexpr const char* kAll =
    "'film_cos_shadow,film_l2_shadow,libsql_vector_meta_shadow,tag_idx_shadow'";

bool has_engine() { return std::system("node -e \"require('libsql')\" >/dev/null 2>&1") == 0; }

enum class Origin { recorded, made_now };

class LibsqlFileTest : public testing::FileTest, public ::testing::WithParamInterface<Origin> {
 protected:
  void SetUp() override {
    if (GetParam() == Origin::recorded) {
      std::filesystem::copy_file(LIBSQL_VECTOR_FIXTURES "/libsql_indexes.db", path(),
                                 std::filesystem::copy_options::overwrite_existing);
      return;
    }
    if (!has_engine()) {
      GTEST_SKIP()
          << "no libSQL to make a file with: node or its package `libsql` (NODE_PATH) is missing";
    }
    std::filesystem::remove(path());
    node(kProgram, path());
  }

  void node(const char* program, const std::string& arguments) {
    std::ofstream(path("program.js")) << program;
    ASSERT_EQ(std::system(("node " + path("program.js") + " " + arguments).c_str()), 0);
  }

  // What libSQL itself prints for statements, one a line.
  std::string by_libsql(const std::string& statements) {
    std::ofstream(path("statements")) << statements;
    node(kRunner, path() + " " + path("statements") + " >" + path("output"));
    std::ifstream output(path("output"));
    return {std::istreambuf_iterator<char>(output), {}};
  }

  // Tables that libSQL keeps for its indexes.
  static std::string kept_by_libsql(Connection& db) {
    return testing::query(db,
                          "SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE "
                          "name LIKE '%shadow' ORDER BY 1)");
  }
  static void has_all(Connection& db) {
    EXPECT_EQ(testing::query(db, "SELECT count(*) FROM film"), "41");
    EXPECT_EQ(testing::query(db, "SELECT count(*) FROM film WHERE id % 2 = 0"), "20");
    EXPECT_EQ(testing::query(db, "SELECT count(*) FROM (SELECT id FROM film LIMIT 99)"), "41");
    EXPECT_EQ(testing::query(db, "SELECT count(*) FROM tag"), "9");
  }
  // The nearest by the index, and by measuring each row.
  static void finds_the_nearest(Connection& db) {
    const auto same = [&db](const std::string& index, const std::string& vector,
                            const std::string& order) {
      EXPECT_EQ(
          testing::query(db, "SELECT id FROM vector_top_k('" + index + "', " + vector + ", 8)"),
          testing::query(db, "SELECT " + order + " LIMIT 8"));
    };
    same("film_cos", "'[3,40,2,1]'",
         "id FROM film WHERE v IS NOT NULL ORDER BY vector_distance_cos(v, '[3,40,2,1]'), id");
    same("film_l2", "'[30,10,2,1]'",
         "id FROM film WHERE v IS NOT NULL AND id % 2 = 0 ORDER BY vector_distance_l2(v, "
         "'[30,10,2,1]'), id");
    same("tag_idx", "vector64('[3.2,1]')",
         "name FROM tag ORDER BY vector_distance_l2(v, vector64('[3.2,1]')), name");
  }
};

TEST_P(LibsqlFileTest, OpeningForWritingMakesTheIndexesOurs) {
  Connection db = connect();
  EXPECT_EQ(kept_by_libsql(db), "NULL");
  has_all(db);
  finds_the_nearest(db);
  EXPECT_EQ(testing::query(db, "PRAGMA integrity_check"), "'ok'");
  for (const char* index : {"film_cos", "film_l2", "tag_idx"}) {
    EXPECT_EQ(testing::query(db, std::string("SELECT vector_index_check('") + index + "')"),
              "'ok'");
  }
}

TEST_P(LibsqlFileTest, WritesReachTheIndexes) {
  for (const char* sql :
       {"DELETE FROM film WHERE id = 3", "DELETE FROM film", "UPDATE film SET v = '[1,2,3,4]'",
        "UPDATE film SET id = id + 100", "INSERT INTO film VALUES (99, 'new', '[1,2,3,4]')",
        "REPLACE INTO film VALUES (4, 'four', '[4,37,4,1]')",
        "INSERT INTO film VALUES (4, 'four', '[1,2,3,4]') ON CONFLICT DO UPDATE SET v = excluded.v",
        "UPDATE tag SET v = vector64('[3.1,1]') WHERE name = 't9'"}) {
    SCOPED_TRACE(sql);
    Connection db = connect();
    db.execute("BEGIN");
    db.execute(sql);
    finds_the_nearest(db);
    EXPECT_EQ(testing::query(db, "PRAGMA integrity_check"), "'ok'");
    EXPECT_THAT([&] { db.execute("INSERT INTO film VALUES (98, '', '[1]')"); },
                throws_error(ErrorKind::error, "vector index(insert): dimensions are different"));
    db.execute("ROLLBACK");
  }
}

TEST_P(LibsqlFileTest, AConnectionThatOnlyReadsFindsAllRowsAndLeavesTheFileAlone) {
  Options options;
  options.mode = OpenMode::read_only;
  Connection db = connect(options);
  has_all(db);
  finds_the_nearest(db);
  EXPECT_EQ(kept_by_libsql(db), kAll);
  Connection writer = connect();  // Changes the schema.
  writer.execute("CREATE TABLE other(x)");
  has_all(db);
  finds_the_nearest(db);
}

TEST_P(LibsqlFileTest, AnIndexThatAReadingConnectionMeetsLaterIsHiddenToo) {
  const std::string first = path("first.db");
  {
    Connection db = Database(first).connect();
    db.execute("CREATE TABLE t(x)");
  }
  Options options;
  options.mode = OpenMode::read_only;
  Connection db = Database(first, options).connect();
  db.execute("ATTACH '" + path() + "' AS other");
  EXPECT_EQ(testing::query(db, "SELECT count(*) FROM other.film"), "41");
  EXPECT_EQ(testing::query(db, "SELECT count(*) FROM other.film WHERE id % 2 = 0"), "20");
}

TEST_P(LibsqlFileTest, AttachedAndRestoredFilesAndImagesAreMadeOurs) {
  Connection db = Database(":memory:").connect();
  db.execute("ATTACH '" + path() + "' AS other");
  EXPECT_EQ(testing::query(db, "SELECT count(*) FROM other.film"), "41");
  EXPECT_EQ(db.execute("DELETE FROM other.film WHERE id < 5"), 4);
  EXPECT_EQ(testing::query(db, "SELECT id FROM vector_top_k('other.film_cos', '[5,36,5,1]', 1)"),
            "5");
  db.execute("DETACH other");
  SetUp();
  Options options;
  options.journal_mode = "delete";  // With a log, SQLite copies pages of the same size only.
  Connection restored = Database(path("restored.db"), options).connect();
  restored.restore_from(path());
  has_all(restored);
  std::ifstream file(path(), std::ios::binary);
  const std::string image((std::istreambuf_iterator<char>(file)), {});
  db.deserialise(image);
  has_all(db);
  EXPECT_EQ(db.execute("DELETE FROM film WHERE id < 5"), 4);
}

TEST_P(LibsqlFileTest, WhereTheFileCannotBeTakenOverOpeningFailsAndLeavesItAsItWas) {
  sqlite3* plain = nullptr;
  ASSERT_EQ(sqlite3_open(path().c_str(), &plain), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(plain, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  Options options;
  options.journal_mode = "";
  options.busy_timeout = std::chrono::milliseconds(1);
  EXPECT_THAT([&] { static_cast<void>(connect(options)); },
              throws_error(ErrorKind::busy, "locked"));
  sqlite3_close(plain);
  options.mode = OpenMode::read_only;
  Connection db = connect(options);
  EXPECT_EQ(kept_by_libsql(db), kAll);
}

TEST_P(LibsqlFileTest, ADumpOfLibsqlsLeavesNothingOfItsIndexes) {
  Connection db = Database(":memory:").connect();
  db.execute(
      "CREATE TABLE libsql_vector_meta_shadow(name TEXT PRIMARY KEY, metadata BLOB) WITHOUT ROWID");
  db.execute("INSERT INTO libsql_vector_meta_shadow VALUES ('i', x'01'), ('gone', x'01')");
  db.execute("CREATE TABLE i_shadow(index_key INTEGER, data BLOB, PRIMARY KEY(index_key))");
  db.execute("CREATE TABLE t(v F32_BLOB(2))");
  db.execute("CREATE INDEX i ON t(libsql_vector_idx(v))");
  EXPECT_EQ(kept_by_libsql(db), "NULL");
}

TEST_P(LibsqlFileTest, SqliteWithoutTheLibraryReadsWhatBecameOursAndMayNotWriteIt) {
  connect().execute("DELETE FROM film WHERE id = 3");
  sqlite3* plain = nullptr;
  ASSERT_EQ(sqlite3_open(path().c_str(), &plain), SQLITE_OK);
  const auto message = [plain](const char* sql) -> std::string {
    sqlite3_exec(plain, sql, nullptr, nullptr, nullptr);
    return sqlite3_errmsg(plain);
  };
  EXPECT_EQ(message("SELECT * FROM film; SELECT * FROM tag; PRAGMA quick_check"), "not an error");
  EXPECT_NE(message("DELETE FROM film WHERE id = 4"), "not an error");
  EXPECT_NE(message("INSERT INTO film VALUES (50, '', NULL)"), "not an error");
  sqlite3_close(plain);
  Connection db = connect();
  finds_the_nearest(db);
}

TEST_P(LibsqlFileTest, LibsqlReadsWhatBecameOursAndMayNotWriteIt) {
  if (!has_engine()) GTEST_SKIP() << "no libSQL to read with: NODE_PATH leads to no `libsql`";
  connect().execute("DELETE FROM film WHERE id = 3");
  EXPECT_EQ(by_libsql("SELECT count(*) AS n FROM film\n"), "{\"n\":40}\n");
  for (const char* sql : {"DELETE FROM film WHERE id = 4\n",
                          "INSERT INTO film VALUES (50, '', vector('[1,2,3,4]'))\n"}) {
    EXPECT_TRUE(by_libsql(sql).starts_with("!")) << sql;
  }
  Connection db = connect();
  EXPECT_EQ(testing::query(db, "SELECT count(*) FROM film"), "40");
  finds_the_nearest(db);
}

INSTANTIATE_TEST_SUITE_P(Origins, LibsqlFileTest,
                         ::testing::Values(Origin::recorded, Origin::made_now),
                         [](const auto& origin) {
                           return origin.param == Origin::recorded ? "Recorded" : "MadeNow";
                         });

}  // namespace
}  // namespace libsql
