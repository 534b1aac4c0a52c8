// A database: a name and options from which connections are made.
#ifndef LIBSQL_DATABASE_H_
#define LIBSQL_DATABASE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "libsql/connection.h"
#include "libsql/options.h"
#include "libsql/text.h"

namespace libsql {

// Where a database lives and how it is opened. A value type: opens nothing by itself.
class Database {
 public:
  // `location` is a path, ":memory:" (one private database per connection), or a file: URI
  // (sqlite.org/uri.html). Errors: invalid_argument for an empty location or an embedded NUL,
  // unsupported for libsql://, http(s):// and ws(s):// in a build without remote sessions.
  explicit Database(Text location, Options options = {});

  // A location for an in-memory database that all connections made with it share for as long as one
  // of them is open. Each `name` is a database of its own.
  [[nodiscard]] static std::string shared_memory(TextView name);

  // Opens a new connection. Errors: cannot_open, not_a_database, read_only, corrupt, busy, ...
  [[nodiscard]] Connection connect() const;

  // Changes the key of the database's file from that of options() to `key`: encrypts a plain file
  // (Encryption), decrypts one (NoKey), or encrypts with another key or cipher. All its connections
  // must be closed. Interrupted at any time, by a crash or a power cut, the file is whole and has
  // either key. Needs free space for a second file. Errors: busy while this process has the file
  // open in any other way, and while another one has it open in WAL mode or holds a lock (its idle
  // connections in other modes fail with not_a_database afterwards);
  // interrupted when `progress` returns false; those of connect().
  void rekey(const KeyChoice& key, const BackupProgress& progress = {}) const;

  [[nodiscard]] const std::string& location() const noexcept { return location_; }
  [[nodiscard]] const Options& options() const noexcept { return options_; }

 private:
  std::string location_;
  Options options_;
};

// The version of the SQLite library in use at run time, e.g. "3.40.1", and as a number, 3040001.
[[nodiscard]] std::string_view sqlite_version() noexcept;
[[nodiscard]] int sqlite_version_number() noexcept;

// Makes the mutexes that connections of this process share spin for a microsecond before they
// sleep: readers of one file on several processors then run up to twice as fast
// (docs/performance.md). The application decides, because this applies to everything that uses
// SQLite in the process; the code of this library must stay loaded from then on. Call it before
// anything else uses SQLite; false if that has happened already, and nothing has changed.
[[nodiscard]] bool use_spinning_mutexes() noexcept;

// How much memory SQLite may use in this process, in bytes; 0: as much as it wants.
struct MemoryLimits {
  std::int64_t soft = 0;  // beyond it, caches are emptied first
  std::int64_t hard = 0;  // beyond it, statements fail with out_of_memory
};

// Sets the limits, once, before the first connection. SQLite counts its memory only if there is a
// limit: counting takes, for each allocation, a mutex that all connections of the process share.
// PRAGMA soft_heap_limit and hard_heap_limit are refused from then on. Errors: misuse if other
// limits have been set (the message names both), or if SQLite is in use and does not count.
void limit_memory(const MemoryLimits& limits);

}  // namespace libsql

#endif  // LIBSQL_DATABASE_H_
