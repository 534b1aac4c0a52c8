// Arguments: by position, by name, from a struct; types of the caller's own.
#include "libsql/arguments.h"

#include <array>
#include <optional>
#include <string>
#include <tuple>

#include <gmock/gmock.h>

#include "testing/database_test.h"
#include "testing/matchers.h"

namespace libsql {

namespace {

enum class Shelf : std::int64_t { front = 1, back = 2 };

struct Isbn {
  std::string digits;
  bool operator==(const Isbn&) const = default;
};

}  // namespace

template <>
struct Conversion<Shelf> {
  static std::int64_t to_sql(const Shelf& shelf) { return static_cast<std::int64_t>(shelf); }
  static Shelf from_sql(const ValueView& value) {
    const std::int64_t number = value.integer();
    if (number == 1 || number == 2) return Shelf{number};
    throw Error(ErrorKind::error, "no such shelf");
  }
};

template <>
struct Conversion<Isbn> {
  static std::string to_sql(const Isbn& isbn) { return "isbn:" + isbn.digits; }
  static Isbn from_sql(const ValueView& value) { return {std::string(value.bytes().substr(5))}; }
};

namespace {

using testing::throws_error;

struct Book {
  std::int64_t id;
  std::string title;
  std::optional<double> price;
  Isbn isbn;
  static constexpr auto sql_fields() {
    return std::tuple(field("id", &Book::id), field("title", &Book::title),
                      field("price", &Book::price), field("isbn", &Book::isbn));
  }
};

class ArgumentsTest : public testing::MemoryTest {
 protected:
  ArgumentsTest() { db_.execute("CREATE TABLE book(id, title, price, isbn)"); }
};

TEST_F(ArgumentsTest, OptionalsAreNullOrTheirValue) {
  const std::optional<std::string> title = "Dune";
  db_.execute("INSERT INTO book(title, price) VALUES (?, ?)", title, std::optional<double>());
  EXPECT_EQ(query("SELECT title, price FROM book"), "'Dune'|NULL");
  Statement select = db_.prepare("SELECT ?");
  select.bind(1, title);
  EXPECT_EQ((*select.next())[0].bytes(), "Dune");
}

TEST_F(ArgumentsTest, SpansOfBytesAreBlobs) {
  const std::array<std::byte, 3> bytes = {std::byte{1}, std::byte{0}, std::byte{255}};
  db_.execute("INSERT INTO book(id) VALUES (?)", std::span<const std::byte>(bytes));
  EXPECT_EQ(query("SELECT id FROM book"), "X'0100ff'");
  static_cast<void>(
      db_.run(Batch().add("UPDATE book SET title = ?", {std::span<const std::byte>(bytes)})));
  EXPECT_EQ(query("SELECT title FROM book"), "X'0100ff'");
  EXPECT_EQ(query("SELECT ?", {std::span<const std::byte>()}), "X''");
}

TEST_F(ArgumentsTest, NamesComeInAnyOrderAndWithOrWithoutPrefix) {
  db_.execute("INSERT INTO book(id, title) VALUES (:id, @title)", named("title", "Dune"),
              named(":id", 7));
  EXPECT_EQ(query("SELECT id, title FROM book"), "7|'Dune'");
  Statement select = db_.prepare("SELECT $a || :b");
  const std::array<NamedView, 2> values = {NamedView{"b", "y"}, NamedView{"a", "x"}};
  select.bind_named(values);
  EXPECT_EQ((*select.next())[0].bytes(), "xy");
}

TEST_F(ArgumentsTest, EveryNameOfTheStatementNeedsAValue) {
  EXPECT_THAT(
      [&] { db_.execute("INSERT INTO book(id, title) VALUES (:id, :title)", named("id", 1)); },
      throws_error(ErrorKind::missing_parameters, ":title"));
  EXPECT_THAT(
      [&] { db_.execute("INSERT INTO book(id) VALUES (:id)", named("id", 1), named("title", 2)); },
      throws_error(ErrorKind::invalid_argument, "no such parameter: title"));
  EXPECT_THAT([&] { db_.execute("INSERT INTO book(id, title) VALUES (:id, ?)", named("id", 1)); },
              throws_error(ErrorKind::positional_parameters, "parameter 2"));
  EXPECT_EQ(query("SELECT count(*) FROM book"), "0");
}

TEST_F(ArgumentsTest, AStructGivesTheFieldsThatTheStatementNames) {
  const Book dune{7, "Dune", std::nullopt, {"9780441172719"}};
  EXPECT_EQ(db_.execute("INSERT INTO book VALUES (:id, :title, :price, :isbn)", dune), 1);
  EXPECT_EQ(query("SELECT * FROM book"), "7|'Dune'|NULL|'isbn:9780441172719'");
  EXPECT_EQ(db_.query_value<std::string>("SELECT title FROM book WHERE id = :id", dune), "Dune");
  EXPECT_THAT([&] { db_.execute("UPDATE book SET title = :author", dune); },
              throws_error(ErrorKind::missing_parameters, ":author"));
}

TEST_F(ArgumentsTest, TypesOfTheCallersOwnAreStoredAndReadByTheirConversion) {
  const Isbn isbn{"9780441172719"};
  db_.execute("INSERT INTO book(id, isbn) VALUES (?, ?)", Shelf::back, isbn);
  EXPECT_EQ(query("SELECT id, isbn FROM book"), "2|'isbn:9780441172719'");
  const auto [shelf, read] = db_.query_one<Shelf, Isbn>("SELECT id, isbn FROM book");
  EXPECT_EQ(shelf, Shelf::back);
  EXPECT_EQ(read, isbn);
  EXPECT_THAT([&] { return db_.query_value<Shelf>("SELECT 3"); },
              throws_error(ErrorKind::error, "no such shelf"));
}

TEST_F(ArgumentsTest, AConvertedValueThatIsBoundLivesAsLongAsItsStatement) {
  Statement insert = db_.prepare("INSERT INTO book(title, isbn) VALUES (?, ?)");
  for (const char* const digits : {"1", "2"}) {
    insert.bind(1, "x");
    insert.bind(2, Isbn{digits});
    insert.execute();
  }
  EXPECT_EQ(query("SELECT title, isbn FROM book"), "'x'|'isbn:1'\n'x'|'isbn:2'");
  EXPECT_THAT([&] { insert.bind(3, Isbn{}); },
              throws_error(ErrorKind::invalid_argument, "index 3"));
}

}  // namespace
}  // namespace libsql
