// Names and values of pragmas, and locations, from configuration: each makes one statement, and a
// connection that opens works.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/sql_pragma.h"
#include "fuzz/check.h"
#include "libsql/database.h"

namespace libsql::fuzz {
namespace {

// Pragmas that name files or set limits of the whole process.
bool is_harmless(std::string_view name) {
  for (const std::string_view word : {"directory", "heap_limit", "mmap", "writable_schema"}) {
    if (name.find(word) != std::string_view::npos) return false;
  }
  return name.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string_view::npos;
}

void check_pragma(const std::string& name, const std::string& value) {
  try {
    const std::string sql = core::pragma_statement(name, value);
    check(statement_kind(sql) == StatementKind::pragma, "it is a pragma");
    check(is_complete(sql + ";") && !is_complete(sql), "it is one statement");
  } catch (const Error& error) {
    check(error.kind() == ErrorKind::invalid_argument, "a bad name is an invalid argument");
  }
  if (!is_harmless(name)) return;
  try {
    Options options;
    options.pragmas = {{name, value}};
    Connection connection = Database(":memory:", options).connect();
    connection.execute("CREATE TABLE t(a)");
  } catch (const Error& error) {
    check(!error.message().empty(), "an error has a message");
  }
}

void check_location(const std::string& name) {
  try {
    check(Database::shared_memory(name).starts_with("file:/"), "a shared name is a URI");
  } catch (const Error& error) {
    check(error.kind() == ErrorKind::invalid_argument, "a bad name is an invalid argument");
  }
}

}  // namespace
}  // namespace libsql::fuzz

// The input: a name, a line feed, a value.
// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::size_t line_end = text.find('\n');
  const std::string name = text.substr(0, line_end);
  const std::string value = line_end == std::string::npos ? "" : text.substr(line_end + 1);
  libsql::fuzz::check_pragma(name, value);
  libsql::fuzz::check_location(name);
  return 0;
}
