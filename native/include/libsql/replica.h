// Replicas: a local file that follows a database on a server. Reads are local, writes go to the
// server. See Database::replica().
#ifndef LIBSQL_REPLICA_H_
#define LIBSQL_REPLICA_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "libsql/error.h"
#include "libsql/export.h"
#include "libsql/options.h"
#include "libsql/remote_options.h"

namespace libsql {

// What connect() does first. A replica that has been synchronised before opens without the server,
// too.
enum class InitialSync : std::uint8_t {
  blocking,    // Waits for one sync. Without a local copy its error is that of connect().
  background,  // Starts one. Until it ends, a replica without a local copy is an empty database.
  none,
};

// What one sync has done. A value type.
struct SyncReport {
  std::uint64_t pages = 0;  // images of pages that were pulled
  std::uint64_t bytes = 0;  // of the answers
  std::chrono::microseconds duration{0};
  // The frame that the replica has reached: the primary's number of it, or with protocols that have
  // no numbers a count of this replica's own. Nothing before the first content.
  std::optional<std::uint64_t> frame;
};

// How a sync goes. A value type.
struct SyncEvent {
  // Else it goes on.
  bool ended = false;
  // The whole database is pulled: the first copy, or a new history of the primary's.
  bool everything = false;
  SyncReport report;           // so far
  std::optional<Error> error;  // of one that has failed
};

// Is told of all syncs of a replica, whoever asked for them: ten times a second at most while one
// pulls, and at its end if it has brought something or failed. Of a first sync that connect()
// waits for, before connect() returns.
struct SyncObserver {
  // Of the connections of the process with observers of one name, the oldest tells its own; those
  // without a name are all told.
  std::string name = {};
  // On the thread that syncs: must return soon, not throw, and not use the replica's connections.
  // May run once more while its connection is being closed.
  std::function<void(const SyncEvent& event)> handler;
};

struct ReplicaOptions {
  // Of the local file: encryption, busy timeout, cache, extensions, attached databases, pragmas.
  // Its open mode, journal mode and checkpoints are the library's. Errors on opening:
  // invalid_argument for a database image.
  Options local;
  RemoteOptions remote;
  // After a commit the replica pulls it. Without, only sync() and the interval pull.
  bool sync_after_writes = true;
  // A commit returns when the replica has it, at the latest shortly before its deadline, and then
  // successfully as well: until the replica has it, what reads goes to the server. It counts for
  // all connections of the process that ask for it. Nothing: as sync_after_writes.
  std::optional<bool> read_your_writes;
  // Between two syncs in the background. The shortest counts of all connections of the process.
  std::optional<std::chrono::milliseconds> sync_interval;
  InitialSync initial_sync = InitialSync::blocking;
  std::vector<SyncObserver> sync_observers;
};

struct SyncRequest {
  // To reach; nothing: the primary's newest frame.
  std::optional<std::uint64_t> frame;
  // How long to wait at most. The sync itself goes on.
  std::chrono::milliseconds timeout{60'000};
  // Asked every 50 ms; true gives up waiting.
  std::function<bool()> cancelled = {};
};

// How a replica stands. A value type.
struct ReplicaStatus {
  std::string primary;   // its URL, without credentials
  std::string protocol;  // replication_log, generations, updates; empty before the first answer
  std::string history;   // the log's id or the generation; empty with /pull-updates
  std::string revision;  // what the primary calls the position, with /pull-updates
  std::optional<std::uint64_t> frame;
  // The highest frame that a write of this process has had at the primary; 0: none.
  std::uint64_t written_frame = 0;
  // Reads of connections that read their writes go to the server for now.
  bool behind = false;
  // The last sync that succeeded in this process, and since when none has.
  std::optional<std::chrono::system_clock::time_point> synced_at;
  std::optional<std::chrono::system_clock::time_point> offline_since;
  // Of the latest sync, if it failed.
  std::optional<Error> error;
  std::uint64_t syncs = 0;  // that succeeded
  std::uint64_t pages = 0;
  std::uint64_t bytes = 0;
};

}  // namespace libsql

#endif  // LIBSQL_REPLICA_H_
