// How values go into SQL and rows come out: optionals, times, bytes, named arguments, structs, and
// rows read as tuples or structs. The program fails if anything is not as it says.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "libsql/database.h"
#include "libsql/error.h"
#include "libsql/time.h"

namespace {

void check(bool holds, std::string_view claim) {
  if (!holds) throw std::runtime_error("not true: " + std::string(claim));
  std::cout << "  " << claim << '\n';
}

struct Book {
  std::int64_t id = 0;
  std::string title;
  std::optional<double> price;
  std::chrono::sys_seconds added;

  // The names of the parameters and columns that the fields are for.
  static constexpr auto sql_fields() {
    return std::tuple(libsql::field("id", &Book::id), libsql::field("title", &Book::title),
                      libsql::field("price", &Book::price), libsql::field("added", &Book::added));
  }
};

constexpr std::chrono::sys_seconds kMorning =
    std::chrono::sys_days(std::chrono::year(2026) / 11 / 28) + std::chrono::hours(8);

void arguments(libsql::Connection& shop) {
  std::cout << "Arguments by position, by name, from a struct\n";
  shop.execute("CREATE TABLE book(id INTEGER PRIMARY KEY, title TEXT, price REAL, added TEXT)");
  shop.execute("INSERT INTO book VALUES (?, ?, ?, ?)", 1, "Dune", 9.5, kMorning);
  shop.execute("INSERT INTO book VALUES (:id, :title, NULL, :added)", libsql::named("id", 2),
               libsql::named("title", "Emma"), libsql::named("added", kMorning));
  const Book ulysses{3, "Ulysses", std::nullopt, kMorning + std::chrono::hours(1)};
  shop.execute("INSERT INTO book VALUES (:id, :title, :price, :added)", ulysses);
  check(shop.query_value<int>("SELECT count(*) FROM book WHERE price IS NULL") == 2,
        "an empty optional is NULL");
  check(shop.query_value<std::string>("SELECT added FROM book WHERE id = 3") ==
            "2026-11-28T09:00:00Z",
        "times are stored as texts that sort as time does");
}

void rows(libsql::Connection& shop) {
  std::cout << "Rows as tuples\n";
  std::string list;
  for (const auto [title, price] : shop.query<std::string_view, std::optional<double>>(
           "SELECT title, price FROM book WHERE added <= ? ORDER BY id", kMorning)) {
    list += std::string(title) + (price ? " costs " + std::to_string(*price) : " is not for sale");
    list += "; ";
  }
  check(list == "Dune costs 9.500000; Emma is not for sale; ", "a loop reads row by row");

  const auto [id, added] = shop.query_one<int, std::chrono::sys_seconds>(
      "SELECT id, added FROM book WHERE title = ?", "Dune");
  check(id == 1 && added == kMorning, "query_one() wants exactly one row");
  check(!shop.query_optional<int>("SELECT id FROM book WHERE title = ?", "Ilias"),
        "query_optional() may find none");
  try {
    static_cast<void>(shop.query_value<double>("SELECT price FROM book WHERE id = 2"));
    check(false, "a NULL is not read as a number");
  } catch (const libsql::Error& error) {
    check(error.kind() == libsql::ErrorKind::error, error.message());
  }
}

void structs(libsql::Connection& shop) {
  std::cout << "Rows as structs\n";
  std::string list;
  for (const Book& book : shop.query<Book>("SELECT * FROM book WHERE id < ? ORDER BY id", 3)) {
    list += book.title + (book.price ? " has a price; " : " has none; ");
  }
  check(list == "Dune has a price; Emma has none; ", "columns are matched by name");
  check(shop.query_one<Book>("SELECT added, price, title, id FROM book WHERE id = 3").title ==
            "Ulysses",
        "in any order");
  try {
    static_cast<void>(shop.query_one<Book>("SELECT id, title FROM book WHERE id = 1"));
    check(false, "a struct is never read in part");
  } catch (const libsql::Error& error) {
    check(error.kind() == libsql::ErrorKind::invalid_argument, error.message());
  }
}

void bytes(libsql::Connection& shop) {
  std::cout << "Bytes\n";
  const std::vector<std::byte> cover(1000, std::byte{7});
  shop.execute("CREATE TABLE cover(image BLOB)");
  shop.execute("INSERT INTO cover VALUES (?)", std::span<const std::byte>(cover));
  check(shop.query_value<libsql::Blob>("SELECT image FROM cover") == cover,
        "a span goes in, a libsql::Blob comes out");
}

}  // namespace

int main() {
  try {
    libsql::Connection shop = libsql::Database(":memory:").connect();
    arguments(shop);
    rows(shop);
    structs(shop);
    bytes(shop);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
