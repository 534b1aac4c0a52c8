// A tour of the C++ API: a small bookshop in a file that the program makes and removes again.
//
// Each function shows one thing and checks what it got; the program fails if anything is not as it
// says.
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <variant>

#include "libsql/database.h"
#include "libsql/error.h"

namespace {

void check(bool holds, std::string_view claim) {
  if (!holds) throw std::runtime_error("not true: " + std::string(claim));
  std::cout << "  " << claim << '\n';
}

// Execute: statements with values in place of the question marks; never text glued together.
void create_shop(libsql::Connection& shop) {
  std::cout << "Create a table and insert rows\n";
  shop.execute_script(
      "CREATE TABLE book(id INTEGER PRIMARY KEY, title TEXT NOT NULL, price REAL,"
      "                  stock INTEGER NOT NULL CHECK (stock >= 0));");
  const auto changed =
      shop.execute("INSERT INTO book(title, price, stock) VALUES (?, ?, ?), (?, ?, ?)", "Dune", 9.5,
                   3, "Emma", 7.25, 12);
  check(changed == 2, "two books are on the shelf");
  check(shop.last_insert_rowid() == 2, "the last one has the number 2");
}

// Query: values come back with SQLite's types; views are read in place, without a copy.
void typed_query(libsql::Connection& shop) {
  std::cout << "Query with types\n";
  libsql::Statement query = shop.prepare("SELECT id, title, price FROM book WHERE price < :limit");
  query.bind(":limit", 8.0);
  while (query.step() == libsql::Step::row) {
    const std::int64_t id = query.column(0).integer();
    const std::string_view title = query.column(1).bytes();
    std::cout << "  #" << id << ' ' << title << " costs " << query.column(2).real() << '\n';
    check(title == "Emma", "only Emma is that cheap");
  }
  const libsql::Value count = shop.query_one("SELECT count(*) FROM book");
  check(std::get<std::int64_t>(count) == 2, "query_one() gives the one value there is");
}

// Prepared statements: compiled once, run as often as you like.
void prepared_statement(libsql::Connection& shop) {
  std::cout << "Prepared statement\n";
  libsql::Statement sell = shop.prepare("UPDATE book SET stock = stock - ? WHERE title = ?");
  std::int64_t sold = 0;
  for (int day = 0; day < 3; ++day) sold += sell.execute(1, "Emma");
  check(sold == 3, "three copies sold by one statement");
}

// Transactions roll back unless they are committed; savepoints undo a part of one.
void transaction_and_savepoint(libsql::Connection& shop) {
  std::cout << "Transaction and savepoint\n";
  libsql::Transaction transaction = shop.begin(libsql::TransactionMode::immediate);
  shop.execute("UPDATE book SET price = price * 2");
  {
    libsql::Savepoint attempt = transaction.savepoint("attempt");
    shop.execute("DELETE FROM book");
  }  // Not released: the deletion is undone.
  transaction.commit();
  check(std::get<std::int64_t>(shop.query_one("SELECT count(*) FROM book")) == 2,
        "the savepoint's deletion is undone");
  check(std::get<double>(shop.query_one("SELECT max(price) FROM book")) == 19.0,
        "the transaction's prices are kept");
}

// A batch: many statements in one call, here all of them or none.
void batch(libsql::Connection& shop) {
  std::cout << "Batch with a bad row\n";
  libsql::Batch orders;
  orders.add("UPDATE book SET stock = stock - 1 WHERE title = ?", {"Dune"});
  orders.add("UPDATE book SET stock = stock - 100 WHERE title = ?", {"Emma"});
  try {
    static_cast<void>(shop.run(orders, libsql::OnError::rollback));
    check(false, "the batch fails");
  } catch (const libsql::Error& error) {
    check(error.kind() == libsql::ErrorKind::constraint, error.message());
  }
  check(std::get<std::int64_t>(shop.query_one("SELECT stock FROM book WHERE title = 'Dune'")) == 3,
        "nothing of it was kept");
}

// A cursor: rows one at a time, so the result may be as large as it likes.
void cursor(libsql::Connection& shop) {
  std::cout << "Cursor\n";
  libsql::Cursor numbers = shop.open_cursor(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT i FROM n",
      {std::int64_t{100'000}});
  std::int64_t sum = 0;
  while (const auto row = numbers.next()) sum += (*row)[0].integer();
  check(sum == 5'000'050'000, "a hundred thousand rows, none of them kept");
}

// Events: what has changed, told after the commit that keeps it.
void change_events(libsql::Connection& shop) {
  std::cout << "Change events\n";
  std::string seen;
  shop.observe([&seen](const libsql::Event& event) {
    if (const auto* change = std::get_if<libsql::RowChange>(&event)) {
      seen += change->table + " #" + std::to_string(change->rowid) + ' ';
    }
  });
  shop.execute("UPDATE book SET stock = stock + 10");
  shop.observe({});
  check(seen == "book #1 book #2 ", "the observer was told of both rows");
}

// Cancelling: interrupt() from another thread, or a deadline, stops a statement wherever it is.
void cancel(libsql::Connection& shop) {
  std::cout << "Cancel\n";
  constexpr std::string_view kEndless =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
  shop.set_deadline(std::chrono::steady_clock::now() + std::chrono::milliseconds(100));
  try {
    static_cast<void>(shop.query_one(kEndless));
    check(false, "the query stops");
  } catch (const libsql::Error& error) {
    check(error.kind() == libsql::ErrorKind::timeout, "a query without end stops at its deadline");
  }
  shop.set_deadline({});
  std::jthread user([&shop](const std::stop_token& finished) {
    // The query may not have begun yet, and interrupting nothing does nothing: press until it
    // stops.
    while (!finished.stop_requested()) shop.interrupt();
  });
  try {
    static_cast<void>(shop.query_one(kEndless));
    check(false, "the query stops");
  } catch (const libsql::Error& error) {
    check(error.kind() == libsql::ErrorKind::interrupted, "or when somebody presses a button");
  }
  user.request_stop();
  user.join();
  check(shop.is_open(), "and the connection is still of use");
}

void tour(const std::filesystem::path& file) {
  const libsql::Database database(file.string());
  libsql::Connection shop = database.connect();
  create_shop(shop);
  typed_query(shop);
  prepared_statement(shop);
  transaction_and_savepoint(shop);
  batch(shop);
  cursor(shop);
  change_events(shop);
  cancel(shop);
}

}  // namespace

int main() {
  const auto folder =
      std::filesystem::temp_directory_path() /
      ("bookshop-" + std::to_string(std::chrono::steady_clock::now().time_since_epoch().count()));
  int status = EXIT_SUCCESS;
  try {
    std::filesystem::create_directory(folder);
    tour(folder / "shop.db");
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    status = EXIT_FAILURE;
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return status;
}
