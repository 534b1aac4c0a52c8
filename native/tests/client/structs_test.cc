// Rows read into structs, by the names of their columns.
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>

#include "libsql/fields.h"
#include "libsql/time.h"
#include "testing/database_test.h"
#include "testing/matchers.h"

namespace libsql {
namespace {

using testing::throws_error;

struct Book {
  std::int64_t id = 0;
  std::string title;
  std::optional<double> price;
  std::chrono::sys_seconds added;

  static constexpr auto sql_fields() {
    return std::tuple(field("id", &Book::id), field("title", &Book::title),
                      field("price", &Book::price), field("added", &Book::added));
  }
  bool operator==(const Book&) const = default;
};

template <typename Text>
struct Titled {
  Text title;
  static constexpr auto sql_fields() { return std::tuple(field("title", &Titled::title)); }
};
using TitleOnly = Titled<std::string>;
using TitleView = Titled<std::string_view>;

class StructsTest : public testing::MemoryTest {
 protected:
  StructsTest() {
    db_.execute("CREATE TABLE book(id INTEGER PRIMARY KEY, title TEXT, price REAL, added TEXT)");
    for (const Book& book : books_) {
      db_.execute("INSERT INTO book VALUES (:id, :title, :price, :added)", book);
    }
  }
  const std::vector<Book> books_ = {
      {1, "Dune", 9.5, std::chrono::sys_days(std::chrono::year(2026) / 11 / 28)},
      {2, "Emma", std::nullopt, std::chrono::sys_days(std::chrono::year(2026) / 11 / 29)}};
};

TEST_F(StructsTest, WhatOneDeclarationHasBoundItReads) {
  std::vector<Book> read;
  for (const Book& book : db_.query<Book>("SELECT * FROM book WHERE id > ? ORDER BY id", 0)) {
    read.push_back(book);
  }
  EXPECT_EQ(read, books_);
  EXPECT_EQ(db_.query_one<Book>("SELECT * FROM book WHERE id = :id", named("id", 2)), books_[1]);
}

TEST_F(StructsTest, ColumnsAreFoundByNameWhereverTheyStand) {
  EXPECT_EQ(
      db_.query_one<Book>("SELECT added, 7 AS shelf, title, price, id FROM book WHERE id = 1"),
      books_[0]);
}

TEST_F(StructsTest, QueryOptionalMayFindNoStruct) {
  EXPECT_EQ(db_.query_optional<Book>("SELECT * FROM book WHERE id = 3"), std::nullopt);
  EXPECT_EQ(db_.query_optional<Book>("SELECT * FROM book WHERE id = 1"), books_[0]);
  EXPECT_THAT([&] { return db_.query_one<Book>("SELECT * FROM book WHERE id = 3"); },
              throws_error(ErrorKind::error, "expected one row, got none"));
  EXPECT_THAT([&] { return db_.query_one<Book>("SELECT * FROM book"); },
              throws_error(ErrorKind::error, "expected one row, got more"));
}

TEST_F(StructsTest, RowsOfStatementsAndCursorsAreStructs) {
  Statement select = db_.prepare("SELECT * FROM book ORDER BY id DESC");
  EXPECT_EQ(select.next()->as<Book>(), books_[1]);
  std::string titles;
  for (const TitleView& book : select.rows<TitleView>()) titles += book.title;
  EXPECT_EQ(titles, "Dune");
  Cursor cursor = db_.open_cursor("SELECT * FROM book ORDER BY id");
  EXPECT_EQ(cursor.next()->as<Book>(), books_[0]);
  for (const Book& book : cursor.rows<Book>()) EXPECT_EQ(book, books_[1]);
  EXPECT_TRUE(cursor.done());
}

TEST_F(StructsTest, AStatementFindsItsColumnsAgainWhenTheTableHasChanged) {
  Statement select = db_.prepare("SELECT * FROM book WHERE id = 1");
  for (const TitleView& book : select.rows<TitleView>()) EXPECT_EQ(book.title, "Dune");
  db_.execute_script(
      "ALTER TABLE book RENAME TO old; CREATE TABLE book(title, id);"
      "INSERT INTO book SELECT title, id FROM old");
  for (const TitleView& book : select.rows<TitleView>()) EXPECT_EQ(book.title, "Dune");
}

TEST_F(StructsTest, AMissingColumnIsNamed) {
  EXPECT_THAT([&] { return db_.query_one<Book>("SELECT id, title FROM book WHERE id = 1"); },
              throws_error(ErrorKind::invalid_argument,
                           "a field is read from the column 'price', and the row has only id, "
                           "title"));
  EXPECT_THAT([&] { return db_.query<Book>("SELECT id AS ID FROM book").begin(); },
              throws_error(ErrorKind::invalid_argument, "column 'id', and the row has only ID"));
}

TEST_F(StructsTest, AColumnThatIsThereTwiceIsNamed) {
  EXPECT_THAT(
      [&] {
        return db_.query_one<Book>("SELECT a.*, b.id FROM book a JOIN book b USING (id) LIMIT 1");
      },
      throws_error(ErrorKind::invalid_argument, "the row has more than one column 'id'"));
}

TEST_F(StructsTest, ANullThatItsFieldCannotHoldIsNamed) {
  db_.execute("UPDATE book SET title = NULL WHERE id = 2");
  EXPECT_THAT([&] { return db_.query_one<Book>("SELECT * FROM book WHERE id = 2"); },
              throws_error(ErrorKind::error,
                           "column 'title' is NULL, not a text: read it as a std::optional"));
}

TEST_F(StructsTest, AValueOfAnotherTypeIsNamed) {
  EXPECT_THAT([&] { return db_.query_one<TitleOnly>("SELECT 5 AS title"); },
              throws_error(ErrorKind::error, "column 'title' holds an integer, not a text"));
}

TEST_F(StructsTest, ARowWithoutNamesIsNotReadAsAStruct) {
  const std::vector<ValueView> values = {"Dune"};
  EXPECT_THAT([&] { return Row(values).as<TitleView>(); },
              throws_error(ErrorKind::misuse, "this row has none"));
}

}  // namespace
}  // namespace libsql
