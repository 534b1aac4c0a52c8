// What must not compile, because it would not be clear which value is meant, or because it is a
// null pointer: each mistake alone. Without any of them the file compiles.
#include <cstdint>
#include <string>

#include "libsql/database.h"

namespace libsql {

enum Plain { plain_one = 1 };
enum class Scoped : std::int64_t { one = 1 };

void execute(Connection& connection, const std::string& kept, std::int8_t small, bool truth) {
  connection.execute("INSERT INTO t VALUES (?, ?, ?, ?, ?)", kept, small, truth, 1.5F, nullptr);
#ifdef EXECUTES_WITH_AN_ENUM
  connection.execute("INSERT INTO t VALUES (?)", plain_one);
#endif
#ifdef EXECUTES_WITH_A_SCOPED_ENUM
  connection.execute("INSERT INTO t VALUES (?)", Scoped::one);
#endif
#ifdef EXECUTES_WITH_A_CHARACTER
  connection.execute("INSERT INTO t VALUES (?)", 'a');
#endif
#ifdef EXECUTES_WITH_A_WIDE_CHARACTER
  connection.execute("INSERT INTO t VALUES (?)", U'a');
#endif
#ifdef EXECUTES_WITH_64_BITS_UNSIGNED
  connection.execute("INSERT INTO t VALUES (?)", std::uint64_t{1});
#endif
#ifdef EXECUTES_WITH_A_LONG_DOUBLE
  connection.execute("INSERT INTO t VALUES (?)", 1.5L);
#endif
#ifdef EXECUTES_WITH_A_POINTER
  connection.execute("INSERT INTO t VALUES (?)", &kept);
#endif
#ifdef EXECUTES_WITH_A_BYTE
  connection.execute("INSERT INTO t VALUES (?)", std::byte{1});
#endif
#ifdef EXECUTES_A_NULL_POINTER
  connection.execute(nullptr);
#endif
}

void bind(Statement& statement) {
  statement.bind(1, 1);
  statement.bind(":name", std::nullopt);
#ifdef BINDS_AN_ENUM
  statement.bind(1, plain_one);
#endif
#ifdef BINDS_A_CHARACTER_BY_NAME
  statement.bind(":name", 'a');
#endif
}

Value value() {
#ifdef MAKES_A_VALUE_OF_AN_ENUM
  return plain_one;
#else
  return 1;
#endif
}

Batch batch() {
  Batch made;
  made.add("INSERT INTO t VALUES (?, ?)", {"text", 1});
#ifdef ADDS_A_CHARACTER_TO_A_BATCH
  made.add("INSERT INTO t VALUES (?, ?)", {"text", 'a'});
#endif
  return made;
}

Options options() {
  Options made;
#ifdef SETS_AN_OPTION_TO_NULL
  made.synchronous = nullptr;
#else
  made.synchronous = "full";
#endif
  return made;
}

}  // namespace libsql
