// Arbitrary SQL on a database in memory: errors are libsql::Error, and the connection stays usable.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "fuzz/check.h"
#include "libsql/database.h"

namespace libsql::fuzz {
namespace {

// Skips statements that reach files, affect later inputs, or keep memory.
AccessPolicy policy() {
  AccessPolicy policy;
  policy.deny = {{Action::attach, ""},
                 {Action::load_extension, ""},
                 {Action::pragma, "temp_store_directory"},
                 {Action::pragma, "data_store_directory"},
                 {Action::pragma, "hard_heap_limit"},
                 {Action::pragma, "soft_heap_limit"},
                 {Action::function, "zeroblob"},
                 {Action::function, "randomblob"},
                 {Action::function, "writefile"},
                 {Action::function, "readfile"}};
  return policy;
}

Connection open() {
  Options options;
  options.progress_steps = 100;
  Connection connection = Database(":memory:", options).connect();
  connection.execute_script(
      "CREATE TABLE t(a INTEGER PRIMARY KEY, b); INSERT INTO t VALUES (1, 'x')");
  connection.observe([](const Event&) {});
  connection.set_access_policy(policy());
  return connection;
}

void run_all(Connection& connection, std::string_view sql) {
  std::string_view rest = sql;
  for (int count = 0; count < 20; ++count) {
    std::optional<Statement> statement = connection.first(rest, rest);
    if (!statement.has_value()) return;
    static_cast<void>(statement->columns());
    for (int i = 1; i <= statement->parameter_count() && i < 10; ++i) statement->bind(i, "bound");
    for (int row = 0; row < 100 && statement->step() == Step::row; ++row) {
      for (const ValueView& value : statement->row()) static_cast<void>(value.to_value());
    }
  }
}

}  // namespace
}  // namespace libsql::fuzz

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace libsql;  // NOLINT(google-build-using-namespace): one short function
  const std::string_view sql(reinterpret_cast<const char*>(data), size);
  Connection connection = fuzz::open();
  connection.set_deadline(std::chrono::steady_clock::now() + std::chrono::milliseconds(200));
  try {
    fuzz::run_all(connection, sql);
  } catch (const Error& error) {
    fuzz::check(!error.message().empty(), "an error has a message");
  }
  connection.set_deadline(std::nullopt);
  connection.reset();
  fuzz::check(!connection.in_transaction(), "reset() ends the transaction");
  connection.set_access_policy({});
  fuzz::check(connection.query_one("SELECT 1") == Value(std::int64_t{1}), "the connection works");
  return 0;
}
