// Queries as C++ reads them: one row, one value, a loop over rows.
#include "libsql/rows.h"

#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "testing/database_test.h"
#include "testing/matchers.h"

namespace libsql {
namespace {

using testing::throws_error;

static_assert(std::input_iterator<RowIterator<Statement>>);
static_assert(std::input_iterator<RowIterator<Cursor, int, std::string>>);

class RowsTest : public testing::MemoryTest {
 protected:
  RowsTest() {
    db_.execute_script(
        "CREATE TABLE book(id INTEGER PRIMARY KEY, title TEXT, price REAL);"
        "INSERT INTO book VALUES (1, 'Dune', 9.5), (2, 'Emma', 7.25), (3, 'Ulysses', NULL)");
  }
};

TEST_F(RowsTest, AQueryIsALoopOverItsRows) {
  std::string seen;
  for (const auto [id, title] :
       db_.query<int, std::string_view>("SELECT id, title FROM book WHERE id > ?", 1)) {
    seen += std::to_string(id) + std::string(title) + ' ';
  }
  EXPECT_EQ(seen, "2Emma 3Ulysses ");
}

TEST_F(RowsTest, WithoutTypesTheRowsAreViewsOfValues) {
  std::string seen;
  for (const Row row : db_.query("SELECT * FROM book WHERE price IS NOT NULL")) {
    seen += testing::row_text(row) + ' ';
  }
  EXPECT_EQ(seen, "1|'Dune'|9.5 2|'Emma'|7.25 ");
}

TEST_F(RowsTest, ALoopThatIsLeftEndsTheQuery) {
  for (const auto [id] : db_.query<int>("SELECT id FROM book")) {
    EXPECT_EQ(id, 1);
    break;
  }
  db_.execute("DROP TABLE book");  // An open read would refuse this.
}

TEST_F(RowsTest, TheArgumentsOfAQueryAreCopied) {
  std::optional<std::string> title(std::string(100, 'x'));
  auto rows = db_.query<std::string>("SELECT :title", named("title", *title));
  title.reset();
  for (const auto& [copy] : rows) EXPECT_EQ(copy, std::string(100, 'x'));
}

TEST_F(RowsTest, AStatementGivesItsRowsAgainAfterEachRun) {
  Statement select = db_.prepare("SELECT price FROM book WHERE id < ?");
  for (const int limit : {2, 3}) {
    select.bind(1, limit);
    double sum = 0;
    for (const auto [price] : select.rows<double>()) sum += price;
    EXPECT_EQ(sum, limit == 2 ? 9.5 : 16.75);
  }
}

TEST_F(RowsTest, ACursorGoesOnWhereItStands) {
  Cursor cursor = db_.open_cursor("SELECT id FROM book");
  EXPECT_EQ(cursor.next()->get<int>(0), 1);
  std::vector<int> rest;
  for (const auto [id] : cursor.rows<int>()) rest.push_back(id);
  EXPECT_EQ(rest, (std::vector<int>{2, 3}));
  EXPECT_TRUE(cursor.done());
}

TEST_F(RowsTest, AValueOfAnotherTypeEndsTheLoopWithAnError) {
  std::vector<double> prices;
  EXPECT_THAT(
      [&] {
        for (const auto [price] : db_.query<double>("SELECT price FROM book")) {
          prices.push_back(price);
        }
      },
      throws_error(ErrorKind::error, "column 0 is NULL"));
  EXPECT_EQ(prices, (std::vector<double>{9.5, 7.25}));
}

TEST_F(RowsTest, QueryOneWantsExactlyOneRow) {
  const auto [title, price] = db_.query_one<std::string, std::optional<double>>(
      "SELECT title, price FROM book WHERE id = ?", 3);
  EXPECT_EQ(title, "Ulysses");
  EXPECT_EQ(price, std::nullopt);
  EXPECT_THAT([&] { return db_.query_one<int>("SELECT id FROM book WHERE id = ?", 4); },
              throws_error(ErrorKind::error, "expected one row, got none"));
  EXPECT_THAT([&] { return db_.query_one<int>("SELECT id FROM book"); },
              throws_error(ErrorKind::error, "expected one row, got more"));
}

TEST_F(RowsTest, QueryOptionalMayFindNothing) {
  EXPECT_EQ(db_.query_optional<int>("SELECT id FROM book WHERE title = ?", "none"), std::nullopt);
  EXPECT_EQ(db_.query_optional<int>("SELECT id FROM book WHERE title = ?", "Emma"), std::tuple(2));
  EXPECT_THAT([&] { return db_.query_optional<int>("SELECT id FROM book"); },
              throws_error(ErrorKind::error, "got more"));
}

TEST_F(RowsTest, QueryValueIsTheOneValue) {
  EXPECT_EQ(db_.query_value<std::int64_t>("SELECT count(*) FROM book"), 3);
  EXPECT_EQ(db_.query_value("SELECT title FROM book WHERE id = ?", 1), Value("Dune"));
  EXPECT_EQ(db_.query_value<std::optional<int>>("SELECT max(id) FROM book WHERE 0"), std::nullopt);
  EXPECT_THAT([&] { return db_.query_value<int>("SELECT 1, 2"); },
              throws_error(ErrorKind::invalid_argument, "2 columns"));
}

}  // namespace
}  // namespace libsql
