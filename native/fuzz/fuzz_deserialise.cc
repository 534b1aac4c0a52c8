// Arbitrary bytes as a database: refused or usable, never a crash.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/check.h"
#include "libsql/database.h"

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace libsql;  // NOLINT(google-build-using-namespace): one short function
  const std::string_view image(reinterpret_cast<const char*>(data), size);
  Connection connection = Database(":memory:").connect();
  connection.set_deadline(std::chrono::steady_clock::now() + std::chrono::milliseconds(500));
  try {
    connection.deserialise(image);
    for (const char* const sql :
         {"SELECT * FROM sqlite_schema", "PRAGMA integrity_check(5)", "SELECT * FROM t",
          "INSERT INTO t VALUES (7, 'seven')", "CREATE TABLE made(a)", "VACUUM"}) {
      connection.execute(sql);
    }
    fuzz::check(!connection.serialise().empty(), "a database that works has an image");
  } catch (const Error& error) {
    fuzz::check(!error.message().empty(), "an error has a message");
  }
  connection.close();
  fuzz::check(!connection.is_open(), "it closes");
  return 0;
}
