// Reads savepoint statements, so that a session can follow those that come as SQL text.
#ifndef LIBSQL_CORE_SQL_SAVEPOINT_H_
#define LIBSQL_CORE_SQL_SAVEPOINT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace libsql::core {

struct SavepointText {
  enum class Op : std::uint8_t { open, release, rollback_to };
  Op op;
  std::string name;  // without quotes; SQLite compares it without regard to ASCII case
};

// The operation and the name of SAVEPOINT x, RELEASE [SAVEPOINT] x and ROLLBACK [TRANSACTION [y]]
// TO [SAVEPOINT] x; empty for any other statement, e.g. a plain ROLLBACK. Source:
// sqlite.org/lang_savepoint.html
[[nodiscard]] std::optional<SavepointText> savepoint_text(std::string_view sql);

}  // namespace libsql::core

#endif  // LIBSQL_CORE_SQL_SAVEPOINT_H_
