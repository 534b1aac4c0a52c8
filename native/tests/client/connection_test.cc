// Connections: compiling, the cache, facts, pragmas, stopping.
#include "libsql/connection.h"

#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include <gmock/gmock.h>

#include "testing/database_test.h"
#include "testing/matchers.h"
#include "testing/session_of.h"
#include "testing/wait.h"

namespace libsql {
namespace {

using namespace std::chrono_literals;
using testing::throws_error;

// Runs until it is stopped.
constexpr std::string_view kEndless =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

class ConnectionTest : public testing::MemoryTest {};

TEST_F(ConnectionTest, PrepareFailsUnlessThereIsOneStatement) {
  for (const std::string_view sql : {"", "  \n", "-- comment", "/* a */", ";"}) {
    EXPECT_THAT([&] { return db_.prepare(sql); }, throws_error(ErrorKind::invalid_argument)) << sql;
    EXPECT_THAT([&] { return db_.cached(sql); }, throws_error(ErrorKind::invalid_argument)) << sql;
  }
  EXPECT_THAT([&] { return db_.prepare("SELECT 1; SELECT 2"); },
              throws_error(ErrorKind::invalid_argument, "more than one"));
  EXPECT_THAT([&] { db_.execute("SELECT 1; DROP TABLE t"); },
              throws_error(ErrorKind::invalid_argument));
  EXPECT_EQ(db_.prepare("SELECT 1; -- and a comment\n /* two */ ;").execute(), 0);
}

TEST_F(ConnectionTest, RefusesEmbeddedZeroBytes) {
  const std::string sql("SELECT 1\0; DROP TABLE t", 23);
  EXPECT_THAT([&] { return db_.prepare(sql); }, throws_error(ErrorKind::invalid_argument));
  EXPECT_THAT([&] { return db_.cached(sql); }, throws_error(ErrorKind::invalid_argument));
  EXPECT_THAT([&] { db_.execute_script(sql); }, throws_error(ErrorKind::invalid_argument));
}

// SQLite takes it, and dumps of old databases contain it.
TEST_F(ConnectionTest, TakesSqlThatIsNotUtf8AsItIs) {
  EXPECT_EQ(query("SELECT hex('\xFF')"), "'FF'");
}

TEST_F(ConnectionTest, RunsLongScripts) {
  std::string sql =
      "CREATE TABLE t(a); CREATE TABLE log(a);;\n"
      "CREATE TRIGGER note AFTER INSERT ON t BEGIN\n"
      "  INSERT INTO log VALUES (';'); INSERT INTO log VALUES (new.a); END;\n";
  for (int i = 0; i < 2000; ++i) sql += "INSERT INTO t VALUES ('a;b'); -- one; of many\n";
  db_.execute_script(sql + " /* the end; */ ");
  EXPECT_EQ(query("SELECT count(*), (SELECT count(*) FROM log) FROM t"), "2000|4000");

  std::string_view tail;
  const std::string padding(20'000, ' ');
  const std::string two = "; SELECT 1;" + padding + "; SELECT 2";
  ASSERT_TRUE(db_.first(two, tail).has_value());
  EXPECT_EQ(query(tail), "2");
  EXPECT_FALSE(db_.first("-- nothing;" + padding, tail).has_value());
}

TEST_F(ConnectionTest, SyntaxErrorsPointAtTheMistake) {
  try {
    static_cast<void>(db_.prepare("SELECT 1 FROM nowhere"));
    FAIL() << "compiled";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::error);
    EXPECT_EQ(error.message(), "no such table: nowhere");
    EXPECT_EQ(error.statement(), "SELECT 1 FROM nowhere");
    EXPECT_EQ(error.code(), 1);
  }
  try {
    static_cast<void>(db_.prepare("SELECT 1 WHERE )"));
    FAIL() << "compiled";
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "near \")\": syntax error");
    EXPECT_EQ(error.sql_offset(), 15);
  }
}

TEST_F(ConnectionTest, DoubleQuotedStringsAreNames) {
  EXPECT_THAT([&] { return query("SELECT \"text\""); },
              throws_error(ErrorKind::error, "no such column: "));
}

TEST_F(ConnectionTest, CompilesLargeStatements) {
  const std::string padded = "SELECT 1 /* " + std::string(1 << 20, 'x') + " */";
  EXPECT_EQ(query(padded), "1");
  const std::string text(1 << 20, 'y');
  EXPECT_EQ(query("SELECT length('" + text + "')"), "1048576");
}

TEST_F(ConnectionTest, TakesThirtyThreeThousandParameters) {
  std::string sql = "SELECT count(*) FROM (SELECT 7 AS a) WHERE a IN (?";
  for (int i = 1; i < 33'000; ++i) sql += ",?";
  const std::vector<Value> sevens(33'000, Value(std::int64_t{7}));
  EXPECT_EQ(query(sql + ")", sevens), "1");
}

TEST_F(ConnectionTest, RefusesMoreParametersThanSqliteHas) {
  EXPECT_THAT([&] { return query("SELECT ?99999999"); }, throws_error(ErrorKind::error));
  EXPECT_EQ(query("SELECT 1"), "1");
}

TEST_F(ConnectionTest, CountsCacheHits) {
  const ConnectionStats before = db_.stats();
  for (int i = 0; i < 3; ++i) db_.execute("SELECT 1");
  const ConnectionStats after = db_.stats();
  EXPECT_EQ(after.cache_misses - before.cache_misses, 1U);
  EXPECT_EQ(after.cache_hits - before.cache_hits, 2U);
  EXPECT_EQ(after.cache_entries - before.cache_entries, 1U);
}

TEST_F(ConnectionTest, ACachedStatementHasOneUserAtATime) {
  Statement first = db_.cached("SELECT 1 UNION SELECT 2");
  Statement second = db_.cached("SELECT 1 UNION SELECT 2");
  ASSERT_EQ(first.step(), Step::row);
  ASSERT_EQ(second.step(), Step::row);
  ASSERT_EQ(first.step(), Step::row);
  EXPECT_EQ(first.column(0).integer(), 2);
  EXPECT_EQ(second.column(0).integer(), 1);
}

TEST_F(ConnectionTest, CachedStatementsHaveNoBindingsOfTheirLastUse) {
  {
    Statement statement = db_.cached("SELECT ? UNION ALL SELECT 2");
    statement.bind(1, "old");
    ASSERT_EQ(statement.step(), Step::row);
  }
  Statement statement = db_.cached("SELECT ? UNION ALL SELECT 2");
  ASSERT_EQ(statement.step(), Step::row);
  EXPECT_TRUE(statement.column(0).is_null());
}

TEST_F(ConnectionTest, UncacheDropsOneStatement) {
  db_.execute("SELECT 1");
  db_.execute("SELECT 2");
  const std::uint64_t entries = db_.stats().cache_entries;
  db_.uncache("SELECT 1");
  db_.uncache("SELECT 'never cached'");
  EXPECT_EQ(db_.stats().cache_entries, entries - 1);
}

TEST_F(ConnectionTest, PragmasTakeEffectEachTime) {
  for (const char* const expected : {"0", "1", "0"}) {
    db_.execute("PRAGMA foreign_keys = " + std::string(expected));
    EXPECT_EQ(query("PRAGMA foreign_keys"), expected);
  }
}

TEST_F(ConnectionTest, FirstReturnsEachStatementOfAText) {
  std::string_view rest = "SELECT 1; ; -- comment\n SELECT 2;  ";
  std::vector<std::int64_t> seen;
  while (std::optional<Statement> statement = db_.first(rest, rest)) {
    ASSERT_EQ(statement->step(), Step::row);
    seen.push_back(statement->column(0).integer());
  }
  EXPECT_THAT(seen, ::testing::ElementsAre(1, 2));
}

TEST_F(ConnectionTest, ScriptsStopAtTheFirstError) {
  db_.execute_script("CREATE TABLE t(a); INSERT INTO t VALUES (1); -- done\n");
  EXPECT_THAT(
      [&] { db_.execute_script("INSERT INTO t VALUES (2); bad; INSERT INTO t VALUES (3)"); },
      throws_error(ErrorKind::error, "near \"bad\""));
  EXPECT_EQ(query("SELECT a FROM t"), "1\n2");
  db_.execute_script("");
}

TEST_F(ConnectionTest, ScriptsKnowTriggers) {
  db_.execute_script(
      "CREATE TABLE t(a); CREATE TABLE log(a);"
      "CREATE TRIGGER copy AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a);"
      " INSERT INTO log VALUES (new.a * 10); END; INSERT INTO t VALUES (4);");
  EXPECT_EQ(query("SELECT a FROM log"), "4\n40");
}

TEST_F(ConnectionTest, QueryOneFailsUnlessThereIsOneRow) {
  const ValueView five = 5;
  EXPECT_EQ(db_.query_one("SELECT ?", {&five, 1}), Value(std::int64_t{5}));
  EXPECT_THAT([&] { return db_.query_one("SELECT 1 WHERE 0"); }, throws_error(ErrorKind::error));
  EXPECT_THAT([&] { return db_.query_one("VALUES (1), (2)"); }, throws_error(ErrorKind::error));
  EXPECT_THAT([&] { return db_.query_one("SELECT ?"); }, throws_error(ErrorKind::invalid_argument));
}

TEST_F(ConnectionTest, ReportsTheRowidAndTheChangesOfWrites) {
  db_.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, a)");
  db_.execute("INSERT INTO t VALUES (9223372036854775806, 'x')");
  EXPECT_EQ(db_.last_insert_rowid(), 9223372036854775806);
  db_.execute("UPDATE t SET a = 'y'");
  db_.execute("SELECT 1");
  EXPECT_EQ(db_.changes(), 1);
  EXPECT_EQ(db_.total_changes(), 2);
  EXPECT_GT(db_.stats().memory_bytes, 0);
}

TEST_F(ConnectionTest, ReadsAndSetsPragmas) {
  EXPECT_EQ(db_.pragma("user_version", "7"), std::nullopt);
  EXPECT_EQ(db_.pragma("user_version"), Value(std::int64_t{7}));
  EXPECT_EQ(db_.pragma("main.user_version"), Value(std::int64_t{7}));
  EXPECT_EQ(db_.pragma("no_such_pragma"), std::nullopt);
  EXPECT_THAT([&] { db_.pragma("user_version; DROP TABLE t"); },
              throws_error(ErrorKind::invalid_argument));
  db_.execute("CREATE TABLE t(a)");
  db_.pragma("user_version", "8; DROP TABLE t");
  EXPECT_EQ(query("SELECT count(*) FROM t"), "0");
}

class ConnectionsTest : public testing::FileTest {};

TEST_F(ConnectionsTest, PragmasSeeWhatAnotherConnectionHasCreated) {
  Connection one = connect();
  Connection two = connect();
  EXPECT_EQ(testing::query(two, "SELECT count(*) FROM sqlite_schema"), "0");
  one.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY)");
  one.execute("CREATE TABLE t (a, p REFERENCES parent (id))");
  one.execute("CREATE INDEX t_a ON t (a)");
  EXPECT_EQ(testing::query(two, "PRAGMA index_list(t)"), "0|'t_a'|0|'c'|0");
  one.execute("CREATE INDEX t_p ON t (p)");
  EXPECT_EQ(testing::query(two, "PRAGMA main.index_info(t_p)"), "0|1|'p'");
  one.execute("CREATE TABLE child (p REFERENCES parent (id))");
  EXPECT_EQ(testing::query(two, "PRAGMA foreign_key_list(child)"),
            "0|0|'parent'|'p'|'id'|'NO ACTION'|'NO ACTION'|'NONE'");
}

TEST_F(ConnectionTest, InterruptStopsAStatementFromAnotherThread) {
  testing::Gate running;
  db_.set_cancel_check([&] {
    running.open();
    return false;
  });
  std::jthread stopper([&] {
    if (running.wait()) db_.interrupt();
  });
  EXPECT_THAT([&] { return query(kEndless); }, throws_error(ErrorKind::interrupted, "interrupted"));
  stopper.join();
  EXPECT_EQ(query("SELECT 1"), "1");
}

TEST_F(ConnectionTest, InterruptOfNothingDoesNothing) {
  db_.interrupt();
  EXPECT_EQ(query("SELECT 1"), "1");
}

TEST_F(ConnectionTest, InterruptUndoesTheStatementOnly) {
  db_.execute("CREATE TABLE t(a)");
  Transaction transaction = db_.begin();
  db_.execute("INSERT INTO t VALUES (1)");
  bool armed = true;
  db_.set_cancel_check([&] { return armed; });
  EXPECT_THAT([&] { db_.execute("INSERT INTO t " + std::string(kEndless)); },
              throws_error(ErrorKind::interrupted));
  armed = false;
  if (transaction.active()) {
    EXPECT_EQ(query("SELECT a FROM t"), "1");
  } else {
    EXPECT_EQ(query("SELECT a FROM t"), "");
  }
}

TEST_F(ConnectionTest, DeadlineStopsAStatement) {
  db_.set_deadline(std::chrono::steady_clock::now() + 20ms);
  EXPECT_THAT([&] { return query(kEndless); }, throws_error(ErrorKind::timeout));
  db_.set_deadline(std::nullopt);
  EXPECT_EQ(query("SELECT 1"), "1");
}

TEST_F(ConnectionTest, CancelCheckStopsAStatement) {
  int asked = 0;
  db_.set_cancel_check([&] { return ++asked == 3; });
  EXPECT_THAT([&] { return query(kEndless); }, throws_error(ErrorKind::interrupted));
  EXPECT_EQ(asked, 3);
  db_.set_cancel_check({});
  EXPECT_EQ(query("SELECT 1"), "1");
}

TEST_F(ConnectionTest, ClosingTwiceIsHarmless) {
  EXPECT_TRUE(db_.is_open());
  db_.close();
  db_.close();
  EXPECT_FALSE(db_.is_open());
  db_.interrupt();
  testing::session_of(db_).release_write();
  EXPECT_THAT([&] { return db_.prepare("SELECT 1"); }, throws_error(ErrorKind::closed));
  EXPECT_THAT([&] { return db_.begin(); }, throws_error(ErrorKind::closed));
  EXPECT_THAT([&] { return db_.serialise(); }, throws_error(ErrorKind::closed));
  EXPECT_THAT([&] { return db_.last_insert_rowid(); }, throws_error(ErrorKind::closed));
}

TEST_F(ConnectionTest, ClosingEndsTheTransaction) {
  db_.begin_transaction(TransactionMode::immediate);
  db_.close();
  EXPECT_FALSE(db_.in_transaction());
  EXPECT_THAT([&] { db_.commit(); }, throws_error(ErrorKind::closed));
}

TEST_F(ConnectionTest, MovedFromIsClosed) {
  Connection other = std::move(db_);
  EXPECT_TRUE(other.is_open());
  EXPECT_FALSE(db_.is_open());  // NOLINT(bugprone-use-after-move): that it is safe is the claim
  EXPECT_THAT([&] { return db_.prepare("SELECT 1"); }, throws_error(ErrorKind::closed));
}

TEST_F(ConnectionTest, ResetEndsEverythingThatIsOpen) {
  db_.execute("CREATE TABLE t(a)");
  db_.begin_transaction(TransactionMode::immediate);
  db_.execute("INSERT INTO t VALUES (1)");
  Cursor cursor = db_.open_cursor("SELECT a FROM t UNION SELECT 2");
  ASSERT_TRUE(cursor.next().has_value());
  db_.reset();
  EXPECT_FALSE(db_.in_transaction());
  EXPECT_EQ(query("SELECT count(*) FROM t"), "0");
  EXPECT_THAT([&] { return cursor.next(); }, throws_error(ErrorKind::misuse));
}

}  // namespace
}  // namespace libsql
