// Statements: parameters, columns, stepping, lifetime.
#include "libsql/statement.h"

#include <array>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "testing/database_test.h"
#include "testing/matchers.h"

namespace libsql {
namespace {

using testing::throws_error;

class StatementTest : public testing::MemoryTest {};

TEST_F(StatementTest, ItsTextIsThatOfOneStatement) {
  std::string_view tail;
  std::optional<Statement> statement = db_.first(" SELECT 1 ; SELECT 2", tail);
  ASSERT_TRUE(statement.has_value());
  EXPECT_NE(statement->sql().find("SELECT 1"), std::string_view::npos);
  EXPECT_EQ(statement->sql().find("SELECT 2"), std::string_view::npos);
  EXPECT_EQ(tail, " SELECT 2");
  EXPECT_EQ(statement->kind(), StatementKind::select);
}

TEST_F(StatementTest, KnowsWhetherItWrites) {
  db_.execute("CREATE TABLE t(a)");
  EXPECT_TRUE(db_.prepare("SELECT * FROM t").read_only());
  EXPECT_FALSE(db_.prepare("INSERT INTO t VALUES (1)").read_only());
}

TEST_F(StatementTest, NamesItsParameters) {
  Statement statement = db_.prepare("SELECT ?, :a, @b, $c, ?9, :a");
  EXPECT_EQ(statement.parameter_count(), 9);
  EXPECT_EQ(statement.parameter_name(1), "");
  EXPECT_EQ(statement.parameter_name(2), ":a");
  EXPECT_EQ(statement.parameter_name(3), "@b");
  EXPECT_EQ(statement.parameter_name(4), "$c");
  EXPECT_EQ(statement.parameter_name(9), "?9");
  EXPECT_EQ(statement.parameter_index(":a"), 2);
  EXPECT_EQ(statement.parameter_index("a"), 0);
  EXPECT_EQ(statement.parameter_index(":none"), 0);
}

TEST_F(StatementTest, RefusesParametersOutOfBounds) {
  Statement statement = db_.prepare("SELECT ?, ?");
  for (const int index : {-1, 0, 3}) {
    EXPECT_THAT([&] { statement.bind(index, 1); }, throws_error(ErrorKind::invalid_argument));
    EXPECT_THAT([&] { return statement.parameter_name(index); },
                throws_error(ErrorKind::invalid_argument, "out of bounds"));
  }
}

TEST_F(StatementTest, ExecuteTakesOneValuePerParameter) {
  Statement statement = db_.prepare("SELECT ?, ?");
  EXPECT_THAT([&] { statement.execute(1); },
              throws_error(ErrorKind::invalid_argument, "expected 2 parameters, got 1"));
  EXPECT_THAT([&] { statement.execute(1, 2, 3); },
              throws_error(ErrorKind::invalid_argument, "expected 2 parameters, got 3"));
}

TEST_F(StatementTest, BindsByNameWithAndWithoutPrefix) {
  Statement statement = db_.prepare("SELECT :a, @b, $c");
  EXPECT_EQ(statement.parameter_index(std::string_view(":a\0b", 4)), 0);
  statement.bind("a", 1);
  statement.bind("@b", 2);
  statement.bind("c", 3);
  ASSERT_EQ(statement.step(), Step::row);
  EXPECT_EQ(testing::row_text(statement.row()), "1|2|3");
  EXPECT_THAT([&] { statement.bind("d", 1); },
              throws_error(ErrorKind::invalid_argument, "no such parameter: d"));
}

TEST_F(StatementTest, UnboundParametersAreNull) {
  EXPECT_EQ(query("SELECT 1, NULL"), "1|NULL");
  Statement statement = db_.prepare("SELECT ?");
  statement.bind(1, "x");
  statement.clear_bindings();
  ASSERT_EQ(statement.step(), Step::row);
  EXPECT_TRUE(statement.column(0).is_null());
}

TEST_F(StatementTest, KeepsEveryTypeOfValue) {
  Statement statement = db_.prepare("SELECT ?, typeof(?1)");
  const std::string with_zero("a\0b", 3);
  const std::string long_text(100'000, 'x');
  const std::vector<std::pair<ValueView, std::string>> cases = {
      {ValueView(), "null"},
      {std::numeric_limits<std::int64_t>::min(), "integer"},
      {std::numeric_limits<std::int64_t>::max(), "integer"},
      {0.1, "real"},
      {3.0, "real"},
      {"", "text"},
      {with_zero, "text"},
      {long_text, "text"},
      {ValueView::blob(""), "blob"},
      {ValueView::blob(with_zero), "blob"},
  };
  for (const auto& [value, type] : cases) {
    statement.bind(1, value);
    ASSERT_EQ(statement.step(), Step::row);
    EXPECT_EQ(statement.column(0).to_value(), value.to_value()) << type;
    EXPECT_EQ(statement.column(1).bytes(), type);
  }
}

TEST_F(StatementTest, DescribesItsColumns) {
  db_.execute("CREATE TABLE t(id INTEGER, name VARCHAR(20), plain)");
  Statement statement = db_.prepare("SELECT id AS key, name, plain, 1 + 1 AS two FROM t");
  const std::vector<ColumnInfo> columns = statement.columns();
  ASSERT_EQ(columns.size(), 4U);
  EXPECT_EQ(columns[0].name, "key");
  EXPECT_EQ(columns[0].origin, "id");
  EXPECT_EQ(columns[0].declared_type, "INTEGER");
  EXPECT_EQ(columns[1].declared_type, "VARCHAR(20)");
  EXPECT_EQ(columns[2].declared_type, std::nullopt);
  EXPECT_EQ(columns[3].name, "two");
  EXPECT_EQ(columns[3].origin, std::nullopt);
  EXPECT_EQ(statement.column_count(), 4);
  EXPECT_EQ(statement.column_name(3), "two");
  for (const int index : {-1, 4}) {
    EXPECT_THAT([&] { return statement.column_name(index); },
                throws_error(ErrorKind::invalid_argument, "out of bounds"));
  }
  EXPECT_EQ(db_.prepare("DELETE FROM t").column_count(), 0);
}

TEST_F(StatementTest, ReadingAColumnWithoutARowIsMisuse) {
  Statement statement = db_.prepare("SELECT 1");
  EXPECT_THAT([&] { return statement.column(0); },
              throws_error(ErrorKind::misuse, "no current row"));
  while (statement.step() == Step::row) {
  }
  EXPECT_THAT([&] { return statement.column(0); },
              throws_error(ErrorKind::misuse, "no current row"));
}

TEST_F(StatementTest, MovedFromIsClosed) {
  Statement from = db_.prepare("SELECT 1");
  Statement to = std::move(from);
  // NOLINTBEGIN(bugprone-use-after-move,clang-analyzer-cplusplus.Move): that is the test
  EXPECT_THAT([&] { from.step(); }, throws_error(ErrorKind::closed));
  EXPECT_THAT([&] { return from.parameter_count(); }, throws_error(ErrorKind::closed));
  EXPECT_EQ(from.sql(), "");
  EXPECT_EQ(from.kind(), StatementKind::unknown);
  // NOLINTEND(bugprone-use-after-move,clang-analyzer-cplusplus.Move)
  EXPECT_EQ(to.step(), Step::row);
}

TEST_F(StatementTest, ReadsColumnsInPlace) {
  Statement statement = db_.prepare("SELECT 1, 'two'");
  ASSERT_EQ(statement.step(), Step::row);
  EXPECT_EQ(statement.column(1).bytes(), "two");
  EXPECT_THAT([&] { return statement.column(2); }, throws_error(ErrorKind::invalid_argument));
  EXPECT_THAT([&] { return statement.column(-1); }, throws_error(ErrorKind::invalid_argument));
  EXPECT_EQ(statement.step(), Step::done);
}

TEST_F(StatementTest, HasNoRowBeforeTheFirstStepAndAfterTheLast) {
  Statement statement = db_.prepare("SELECT 1");
  EXPECT_TRUE(statement.row().empty());
  ASSERT_EQ(statement.step(), Step::row);
  ASSERT_EQ(statement.step(), Step::done);
  EXPECT_TRUE(statement.row().empty());
}

TEST_F(StatementTest, ResetKeepsBindings) {
  Statement statement = db_.prepare("SELECT ? UNION ALL SELECT 2");
  statement.bind(1, 7);
  ASSERT_EQ(statement.step(), Step::row);
  statement.reset();
  ASSERT_EQ(statement.step(), Step::row);
  EXPECT_EQ(statement.column(0).integer(), 7);
}

TEST_F(StatementTest, RunsAgainAfterItsEnd) {
  Statement statement = db_.prepare("SELECT ?");
  for (int i = 0; i < 3; ++i) {
    statement.bind(1, i);
    ASSERT_EQ(statement.step(), Step::row);
    EXPECT_EQ(statement.column(0).integer(), i);
    ASSERT_EQ(statement.step(), Step::done);
  }
}

TEST_F(StatementTest, BindingInTheMiddleStartsAgain) {
  Statement statement = db_.prepare("SELECT ? UNION ALL SELECT 2");
  statement.bind(1, 5);
  ASSERT_EQ(statement.step(), Step::row);
  statement.bind(1, 6);
  ASSERT_EQ(statement.step(), Step::row);
  EXPECT_EQ(statement.column(0).integer(), 6);
}

TEST_F(StatementTest, WorksAgainAfterAnError) {
  db_.execute("CREATE TABLE t(a UNIQUE)");
  Statement statement = db_.prepare("INSERT INTO t VALUES (?)");
  EXPECT_EQ(statement.execute(1), 1);
  EXPECT_THAT([&] { statement.execute(1); },
              throws_error(ErrorKind::constraint, "UNIQUE constraint failed: t.a"));
  EXPECT_EQ(statement.execute(2), 1);
  EXPECT_EQ(query("SELECT a FROM t"), "1\n2");
}

TEST_F(StatementTest, ExecuteCountsChanges) {
  db_.execute("CREATE TABLE t(a)");
  EXPECT_EQ(db_.execute("INSERT INTO t VALUES (1), (2), (3)"), 3);
  EXPECT_EQ(db_.execute("UPDATE t SET a = a + 1 WHERE a > 1"), 2);
  EXPECT_EQ(db_.execute("SELECT * FROM t"), 0);
  EXPECT_EQ(db_.execute("INSERT INTO t VALUES (9) RETURNING a"), 1);
  EXPECT_EQ(db_.execute("DELETE FROM t WHERE a = 100"), 0);
  EXPECT_EQ(db_.execute("CREATE TABLE u(a)"), 0);
  EXPECT_EQ(db_.execute("DELETE FROM t"), 4);
}

TEST_F(StatementTest, TooLargeValuesAreRefused) {
  EXPECT_THAT([&] { return query("SELECT zeroblob(2000000000)"); },
              throws_error(ErrorKind::too_big));
  EXPECT_EQ(query("SELECT 1"), "1");
}

TEST_F(StatementTest, OutlivesItsConnectionObject) {
  auto connection = std::make_unique<Connection>(Database(":memory:").connect());
  connection->execute("CREATE TABLE t(a)");
  Statement statement = connection->prepare("INSERT INTO t VALUES (1)");
  connection.reset();
  EXPECT_EQ(statement.execute(), 1);
}

TEST_F(StatementTest, ReportsClosedAfterClose) {
  Statement statement = db_.prepare("SELECT ?");
  Statement running = db_.cached("SELECT 1 UNION SELECT 2");
  ASSERT_EQ(running.step(), Step::row);
  db_.close();
  EXPECT_THAT([&] { statement.bind(1, 1); }, throws_error(ErrorKind::closed));
  EXPECT_THAT([&] { return statement.step(); }, throws_error(ErrorKind::closed));
  EXPECT_THAT([&] { statement.execute(); }, throws_error(ErrorKind::closed));
  EXPECT_THAT([&] { return statement.parameter_count(); }, throws_error(ErrorKind::closed));
  EXPECT_THAT([&] { return statement.columns(); }, throws_error(ErrorKind::closed));
  EXPECT_THAT([&] { return running.step(); }, throws_error(ErrorKind::closed));
  EXPECT_EQ(statement.sql(), "SELECT ?");
}

TEST_F(StatementTest, CanBeMovedAndReplaced) {
  Statement statement = db_.prepare("SELECT 1");
  Statement other = std::move(statement);
  statement = db_.prepare("SELECT 2");
  ASSERT_EQ(other.step(), Step::row);
  ASSERT_EQ(statement.step(), Step::row);
  EXPECT_EQ(other.column(0).integer(), 1);
  EXPECT_EQ(statement.column(0).integer(), 2);
}

TEST_F(StatementTest, FollowsSchemaChanges) {
  db_.execute("CREATE TABLE t(a)");
  db_.execute("INSERT INTO t VALUES (1)");
  Statement statement = db_.prepare("SELECT * FROM t");
  ASSERT_EQ(statement.step(), Step::row);
  statement.reset();
  db_.execute("ALTER TABLE t ADD COLUMN b DEFAULT 'new'");
  ASSERT_EQ(statement.step(), Step::row);
  EXPECT_EQ(testing::row_text(statement.row()), "1|'new'");
  EXPECT_EQ(statement.column_count(), 2);
}

// SQLite does not check the schema of an EXPLAIN, and would read freed memory of the old one.
TEST_F(StatementTest, ExplainsTheCurrentSchema) {
  constexpr std::string_view kExplain = "EXPLAIN INSERT INTO t DEFAULT VALUES";
  db_.execute("CREATE TABLE p(a, b, PRIMARY KEY(a, b))");
  std::optional<Statement> kept;
  for (int i = 0; i < 300; ++i) {
    const std::string name = "c" + std::to_string(i % 7);
    db_.execute("DROP TABLE IF EXISTS t");
    db_.execute("CREATE TABLE t(n INTEGER PRIMARY KEY, a, " + name + " TEXT CHECK (" + name +
                " > 0), UNIQUE(" + name + "), FOREIGN KEY(a, " + name + ") REFERENCES p)");
    const std::string program = query(kExplain);
    EXPECT_NE(program.find("t." + name), std::string::npos);
    if (!kept) kept = db_.prepare(kExplain);
    std::string again;
    while (kept->step() == Step::row) again += std::string(kept->column(5).bytes()) + '\n';
    EXPECT_NE(again.find(name), std::string::npos);
  }
  db_.execute("DROP TABLE t");
  EXPECT_THAT([&] { static_cast<void>(kept->step()); }, throws_error(ErrorKind::error));
  db_.execute("CREATE TABLE t(n)");
  EXPECT_EQ(kept->step(), Step::row);
}

TEST_F(StatementTest, ExplainsWithWhatIsBound) {
  db_.execute("CREATE TABLE t(a TEXT COLLATE NOCASE, b)");
  db_.execute("CREATE INDEX i ON t(a)");
  constexpr std::string_view kPlan = "EXPLAIN QUERY PLAN SELECT * FROM t WHERE a LIKE ?";
  const std::vector<Value> prefix = {Value("abc%")};
  for (int i = 0; i < 3; ++i) {
    EXPECT_NE(query(kPlan, prefix).find("USING INDEX i"), std::string::npos);
  }
}

}  // namespace
}  // namespace libsql
