// A replica's files on this machine: database, sidecar and lock, without the network. What pulls
// from a primary asks for a SyncTurn, is told where the replica stands, and hands over pages.
//
//     open() ── begin_sync() ── SyncTurn: add() … end_transaction() … ── its end
//
// There is one object per file and process; of all processes, one has a turn at a time.
#ifndef LIBSQL_REPLICA_REPLICA_FILE_H_
#define LIBSQL_REPLICA_REPLICA_FILE_H_

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core/mutex.h"
#include "libsql/encryption.h"
#include "local/keys.h"
#include "replica/sidecar.h"
#include "replica/wal_writer.h"

namespace libsql::replica {

class SyncTurn;

// A value type.
struct ReplicaConfig {
  std::filesystem::path file;
  // The URL of the primary without credentials. A replica belongs to one primary for its life.
  std::string primary;
  std::optional<Encryption> encryption;
  WalWriter::CheckpointPolicy checkpoints;
};

// Threads: thread-safe.
class ReplicaFile : public std::enable_shared_from_this<ReplicaFile> {
 public:
  // The object of this file: the same one for all callers of this process. Reads no network, and
  // changes no database.
  // Errors: cannot_open if the file is a database that is not known to be a replica of `primary`,
  // or another key or primary was given; those of load_sidecar().
  [[nodiscard]] static std::shared_ptr<ReplicaFile> open(const ReplicaConfig& config);

  ReplicaFile(const ReplicaFile&) = delete;
  ReplicaFile& operator=(const ReplicaFile&) = delete;
  // As close(), which reports errors.
  ~ReplicaFile();

  // Whether connections may open the database: it is there, and this replica's.
  [[nodiscard]] bool is_readable() const;
  // The position and whose it is, as on the disk; nothing if there is no database of this
  // replica's.
  [[nodiscard]] std::optional<Sidecar> sidecar() const { return matching_sidecar(); }
  // Moves the log into the database and removes sidecar and lock: what is left is an ordinary
  // database. Errors: busy while a connection reads an older state, or another sync runs;
  // cannot_open if there is no database; nothing has changed then.
  void freeze(std::chrono::milliseconds patience);
  // Makes an empty database if there is none, for connections that cannot wait for the first sync.
  void make_readable(std::chrono::milliseconds patience);
  // The next sync. Waits for those of other threads and processes. Null after `patience`.
  // Errors: those of opening the database and of load_sidecar().
  [[nodiscard]] std::unique_ptr<SyncTurn> begin_sync(std::chrono::milliseconds patience);
  // Notes on the disk that the position is exact, so that the next start may go on from it. Nothing
  // is lost without. Does nothing while another process syncs.
  void close();

  [[nodiscard]] const ReplicaConfig& config() const noexcept { return config_; }

 private:
  friend class SyncTurn;
  explicit ReplicaFile(ReplicaConfig config);

  // One turn per process. False after `patience`.
  [[nodiscard]] bool take_turn(std::chrono::milliseconds patience) LIBSQL_EXCLUDES(mutex_);
  void give_turn_back() noexcept LIBSQL_EXCLUDES(mutex_);
  // The sidecar, if it is about the database that is there. Throws if that is none of ours.
  [[nodiscard]] std::optional<Sidecar> matching_sidecar() const;

  const ReplicaConfig config_;
  const local::Keys keys_;  // Before the writer, whose files use them.
  core::Mutex mutex_;
  core::CondVar turn_over_;
  bool taken_ LIBSQL_GUARDED_BY(mutex_) = false;
  // Belongs to who has the turn.
  std::unique_ptr<WalWriter> writer_;
  // The length of the log at which it is moved into the database next.
  std::uint32_t checkpoint_at_ = 0;
};

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_REPLICA_FILE_H_
