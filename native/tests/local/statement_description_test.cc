// What a prepared statement says of its columns, after another connection has changed the schema.
#include <string>

#include <gmock/gmock.h>

#include "testing/database_test.h"
#include "testing/matchers.h"

namespace libsql {
namespace {

using testing::throws_error;

class StatementDescriptionTest : public testing::FileTest {
 protected:
  StatementDescriptionTest() {
    db_.execute("CREATE TABLE t(a INTEGER)");
    db_.execute("INSERT INTO t VALUES (1)");
  }
  void alter() { other_.execute("ALTER TABLE t ADD COLUMN b TEXT DEFAULT 'new'"); }

  Connection db_ = connect();
  Connection other_ = connect();
};

std::string names(const Statement& statement) {
  std::string text;
  for (int i = 0; i < statement.column_count(); ++i) {
    text += (i == 0 ? "" : " ") + std::string(statement.column_name(i));
  }
  return text;
}

TEST_F(StatementDescriptionTest, ColumnsAreThoseOfTheNextRun) {
  Statement statement = db_.prepare("SELECT * FROM t");
  EXPECT_EQ(names(statement), "a");
  alter();
  EXPECT_EQ(statement.column_count(), 2);
  EXPECT_EQ(statement.column_name(1), "b");
  const std::vector<ColumnInfo> columns = statement.columns();
  ASSERT_EQ(columns.size(), 2U);
  EXPECT_EQ(columns[1].name, "b");
  EXPECT_EQ(columns[1].declared_type, "TEXT");
  ASSERT_EQ(statement.step(), Step::row);
  EXPECT_EQ(statement.row().size(), 2U);
}

TEST_F(StatementDescriptionTest, AfterARunColumnsAreThoseOfTheNextRun) {
  Statement statement = db_.prepare("SELECT * FROM t");
  statement.execute();
  alter();
  EXPECT_EQ(statement.run_column_count(), 1);
  EXPECT_EQ(statement.run_column_name(0), "a");
  EXPECT_EQ(names(statement), "a b");
}

TEST_F(StatementDescriptionTest, ColumnsDuringARunAreItsOwn) {
  Statement statement = db_.prepare("SELECT * FROM t");
  ASSERT_EQ(statement.step(), Step::row);
  alter();
  EXPECT_EQ(names(statement), "a");
  EXPECT_EQ(statement.row().size(), 1U);
}

TEST_F(StatementDescriptionTest, ColumnsOfACachedStatementAreThoseOfTheNextRun) {
  { const Statement first = db_.cached("SELECT * FROM t"); }
  alter();
  EXPECT_EQ(names(db_.cached("SELECT * FROM t")), "a b");
}

TEST_F(StatementDescriptionTest, DescribingKeepsWhatIsBound) {
  Statement statement = db_.prepare("SELECT *, ? FROM t");
  statement.bind(1, 42);
  alter();
  EXPECT_EQ(statement.column_count(), 3);
  ASSERT_EQ(statement.step(), Step::row);
  EXPECT_EQ(statement.column(2).integer(), 42);
}

TEST_F(StatementDescriptionTest, AttachedDatabasesAreLookedAtToo) {
  Connection attached = connect();
  const std::string file = path("attached.db");
  attached.execute("ATTACH ? AS other", file);
  attached.execute("CREATE TABLE other.u(a)");
  const Statement statement = attached.prepare("SELECT * FROM other.u");
  Database(file).connect().execute("ALTER TABLE u ADD COLUMN b");
  EXPECT_EQ(names(statement), "a b");
}

TEST_F(StatementDescriptionTest, ATableThatIsGoneIsAnError) {
  const Statement statement = db_.prepare("SELECT * FROM t");
  other_.execute("DROP TABLE t");
  EXPECT_THAT([&] { return statement.column_count(); },
              throws_error(ErrorKind::error, "no such table: t"));
  EXPECT_THAT([&] { return statement.columns(); },
              throws_error(ErrorKind::error, "no such table: t"));
}

TEST_F(StatementDescriptionTest, StatementsWithoutAResultHaveNoColumns) {
  const Statement insert = db_.prepare("INSERT INTO t VALUES (?)");
  EXPECT_FALSE(insert.returns_rows());
  EXPECT_EQ(insert.column_count(), 0);
  EXPECT_TRUE(db_.prepare("INSERT INTO t VALUES (?) RETURNING a").returns_rows());
}

}  // namespace
}  // namespace libsql
