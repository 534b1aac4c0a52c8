// The values of the calls that look after a local database: counters, backups, checkpoints.
#ifndef LIBSQL_MAINTENANCE_H_
#define LIBSQL_MAINTENANCE_H_

#include <cstdint>
#include <functional>

namespace libsql {

// Counters since the connection was opened.
struct ConnectionStats {
  std::uint64_t cache_hits = 0;
  std::uint64_t cache_misses = 0;
  std::uint64_t cache_entries = 0;
  std::uint64_t write_waits = 0;   // times the write lock was not free at once
  std::uint64_t busy_retries = 0;  // times SQLite's busy handler was asked (other processes)
  std::uint64_t checkpoints = 0;
  std::int64_t memory_bytes = 0;  // page cache, schema and statements
};

// Called during a backup or a restore with the pages left and the pages in all. Return false to
// stop. Must not use the connection, as an EventHandler.
using BackupProgress = std::function<bool(int remaining, int total)>;

enum class CheckpointMode { passive, full, restart, truncate };
struct CheckpointResult {
  bool busy;                // could not run to the end because of readers or writers
  int log_frames;           // frames in the write-ahead log, -1 if there is none
  int checkpointed_frames;  // frames of the log whose pages are in the database file
};

}  // namespace libsql

#endif  // LIBSQL_MAINTENANCE_H_
