// The events that a connection sends after a transaction has committed: those of a local database
// to its observer, those of a server's to who listens to a table (listening.h).
#ifndef LIBSQL_EVENTS_H_
#define LIBSQL_EVENTS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <variant>

#include "libsql/error.h"

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

// The rows of a table of a server's database that one commit has changed, whoever committed.
struct TableChange {
  std::string table;
  std::uint64_t inserted = 0;
  std::uint64_t updated = 0;
  std::uint64_t deleted = 0;
};
// Commits may have changed the table unseen: the connection to the server was lost and is there
// again, or the server's queue was full.
struct ChangesLost {
  std::string table;
};
// The server refuses to go on; no event follows.
struct ListeningEnded {
  std::string table;
  Error error;
};

using Event = std::variant<RowChange, Committed, RolledBack, WalGrew, TableChange, ChangesLost,
                           ListeningEnded>;

// An observer is called on the thread that ran the statement, after it has finished and its locks
// are released. Must not use the connection: what it calls there throws ErrorKind::misuse, and
// close() does nothing. Exceptions are swallowed.
using EventHandler = std::function<void(const Event&)>;

}  // namespace libsql

#endif  // LIBSQL_EVENTS_H_
