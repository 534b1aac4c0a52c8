// The events that a connection sends to its observer after a transaction has committed.
#ifndef LIBSQL_EVENTS_H_
#define LIBSQL_EVENTS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <variant>

namespace libsql {

// One changed row, reported after the commit that keeps it, never for work that was rolled back.
struct RowChange {
  enum class Kind : std::uint8_t { insert, update, del };
  Kind kind;
  std::string database;  // "main", "temp" or an attached name
  std::string table;
  std::int64_t rowid;  // after the change; for WITHOUT ROWID tables 0
};
struct Committed {};
struct RolledBack {};
// The write-ahead log has `pages` pages after a commit.
struct WalGrew {
  std::string database;
  int pages;
};

using Event = std::variant<RowChange, Committed, RolledBack, WalGrew>;

// Called on the thread that ran the statement, after it has finished and its locks are released.
// Must not use the connection: what it calls there throws ErrorKind::misuse, and close() does
// nothing. Exceptions are swallowed.
using EventHandler = std::function<void(const Event&)>;

}  // namespace libsql

#endif  // LIBSQL_EVENTS_H_
