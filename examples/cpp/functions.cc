// SQL functions, aggregates and collations written in C++. The program fails if anything is not as
// it says.
#include "libsql/functions.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "libsql/database.h"
#include "libsql/error.h"

namespace {

void check(bool holds, std::string_view claim) {
  if (!holds) throw std::runtime_error("not true: " + std::string(claim));
  std::cout << "  " << claim << '\n';
}

// The middle one of the values of a group; NULL of none.
struct Median {
  std::vector<double> values;

  void step(std::optional<double> value) {
    if (value) values.push_back(*value);
  }
  [[nodiscard]] std::optional<double> result() {
    if (values.empty()) return std::nullopt;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
  }
};

void functions(libsql::Connection& shop) {
  std::cout << "Functions\n";
  shop.create_function(libsql::scalar("with_tax", [](double price) { return price * 1.19; },
                                      {.deterministic = true}));
  check(shop.query_value<double>("SELECT with_tax(100)") == 119.0, "a lambda is an SQL function");
  shop.create_function(libsql::scalar("checked", [](double price) {
    if (price < 0) throw std::invalid_argument("a negative price");
    return price;
  }));
  try {
    shop.execute("INSERT INTO book VALUES ('Odd', checked(-1))");
    check(false, "the insert fails");
  } catch (const libsql::Error& error) {
    check(error.kind() == libsql::ErrorKind::error, error.message());
  }
}

void aggregates(libsql::Connection& shop) {
  std::cout << "Aggregates\n";
  shop.create_function(libsql::aggregate<Median>("median"));
  check(shop.query_value<double>("SELECT median(price) FROM book") == 9.5,
        "a struct with step() and result() is an aggregate");
}

void collations(libsql::Connection& shop) {
  std::cout << "Collations\n";
  shop.create_collation(libsql::collation(
      "length",
      [](std::string_view a, std::string_view b) noexcept { return a.size() <=> b.size(); }));
  check(shop.query_value<std::string>(
            "SELECT title FROM book ORDER BY title COLLATE length DESC LIMIT 1") == "Ulysses",
        "a comparison is a collation");
}

}  // namespace

int main() {
  try {
    libsql::Connection shop = libsql::Database(":memory:").connect();
    shop.execute_script(
        "CREATE TABLE book(title TEXT, price REAL);"
        "INSERT INTO book VALUES ('Dune', 9.5), ('Emma', 7.25), ('Ulysses', 30), ('Ilias', NULL)");
    functions(shop);
    aggregates(shop);
    collations(shop);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
