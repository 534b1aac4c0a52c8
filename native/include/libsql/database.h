// A database: a name and options from which connections are made.
#ifndef LIBSQL_DATABASE_H_
#define LIBSQL_DATABASE_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "libsql/connection.h"
#include "libsql/export.h"
#include "libsql/options.h"
#include "libsql/remote_options.h"
#include "libsql/replica.h"
#include "libsql/text.h"

namespace libsql {

namespace remote {
class Transport;
}

// Where a database lives and how it is opened. A value type: opens nothing by itself.
class LIBSQL_API Database {
 public:
  // `location` is a path, ":memory:" (one private database per connection), or a file: URI
  // (sqlite.org/uri.html). Errors: invalid_argument for an empty location, an embedded NUL, and the
  // URL of a server.
  explicit Database(Text location, Options options = {});

  // A database on a server. Its connections send nothing before their first request, so an error of
  // the network is one of that request.
  //
  //   libsql://host, https://host     HTTP over TLS
  //   http://host:8080                HTTP
  //
  // The query of the URL may hold authToken=… and, for libsql: with a port, tls=0. The token is
  // sent to this server and to no other. Errors: invalid_argument, which quotes no secret;
  // unsupported for wss: and ws: in a build without WebSockets; cannot_open for
  // RemoteOptions::ca_file.
  [[nodiscard]] static Database remote(TextView url, const RemoteOptions& options = {});

  // A local file that follows the database on a server: `path` is written by the library alone, and
  // made when it is missing. Connections read the file; what writes, and every transaction that is
  // not TransactionMode::read_only, runs at the server. Of all connections of the process to one
  // file, one pulls; processes take turns. See ReplicaOptions for what connect() waits for.
  // Errors: invalid_argument, as remote(), and for a path that names no file. Those of connect():
  // cannot_open for a file that is not known to be a replica of this server (it is not touched);
  // with InitialSync::blocking and no local copy yet those of the first sync.
  [[nodiscard]] static Database replica(TextView path, TextView url,
                                        const ReplicaOptions& options = {});

  // Whether a location is the URL of a server: by its scheme, whatever follows.
  [[nodiscard]] static bool is_remote(TextView location) noexcept;

  // A location for an in-memory database that all connections made with it share for as long as one
  // of them is open. Each `name` is a database of its own.
  [[nodiscard]] static std::string shared_memory(TextView name);

  // Opens a new connection. Errors of a local one: cannot_open, not_a_database, read_only, corrupt,
  // busy, ...
  [[nodiscard]] Connection connect() const;

  // Changes the key of the database's file from that of options() to `key`: encrypts a plain file
  // (Encryption), decrypts one (NoKey), or encrypts with another key or cipher. All its connections
  // must be closed. Interrupted at any time, by a crash or a power cut, the file is whole and has
  // either key. Needs free space for a second file. Errors: busy while this process has the file
  // open in any other way, and while another one has it open in WAL mode or holds a lock (its idle
  // connections in other modes fail with not_a_database afterwards);
  // interrupted when `progress` returns false; unsupported for one on a server; those of
  // connect().
  void rekey(const KeyChoice& key, const BackupProgress& progress = {}) const;

  // The URL of a server without its query; a replica's path.
  [[nodiscard]] const std::string& location() const noexcept { return location_; }
  [[nodiscard]] const Options& options() const noexcept { return options_; }

 private:
  Database() = default;

  std::string location_;
  Options options_;
  std::shared_ptr<remote::Transport> transport_;  // Null for a local database.
  std::chrono::milliseconds request_timeout_{0};
  struct Replica;
  std::shared_ptr<const Replica> replica_;  // Null unless it is one.
};

// The version of the SQLite library in use at run time, e.g. "3.40.1", and as a number, 3040001.
[[nodiscard]] LIBSQL_API std::string_view sqlite_version() noexcept;
[[nodiscard]] LIBSQL_API int sqlite_version_number() noexcept;

// Makes the mutexes that connections of this process share spin for a microsecond before they
// sleep: readers of one file on several processors then run up to twice as fast
// (docs/performance.md). The application decides, because this applies to everything that uses
// SQLite in the process; the code of this library must stay loaded from then on. Call it before
// anything else uses SQLite; false if that has happened already, and nothing has changed.
[[nodiscard]] LIBSQL_API bool use_spinning_mutexes() noexcept;

// Makes SQLite give blocks of 8 MB and more back to the system in portions. Otherwise freeing a
// value of 200 MB makes every thread of the process that maps or unmaps memory wait for some 15 ms.
// The same rules as for use_spinning_mutexes().
[[nodiscard]] LIBSQL_API bool free_large_blocks_in_portions() noexcept;

// Makes exact searches among vectors, which call a distance function for each row of a table, ask
// the processor for later pages while they measure a row: two to three times as fast where the
// table fits the page cache but not the processor's (docs/performance.md). The same rules as for
// use_spinning_mutexes().
[[nodiscard]] LIBSQL_API bool prefetch_vector_scans() noexcept;

// How much memory SQLite may use in this process, in bytes; 0: as much as it wants.
struct MemoryLimits {
  std::int64_t soft = 0;  // beyond it, caches are emptied first
  std::int64_t hard = 0;  // beyond it, statements fail with out_of_memory
};

// Sets the limits, once, before the first connection. SQLite counts its memory only if there is a
// limit: counting takes, for each allocation, a mutex that all connections of the process share.
// PRAGMA soft_heap_limit and hard_heap_limit are refused from then on. Errors: misuse if other
// limits have been set (the message names both), or if SQLite is in use and does not count.
LIBSQL_API void limit_memory(const MemoryLimits& limits);

}  // namespace libsql

#endif  // LIBSQL_DATABASE_H_
