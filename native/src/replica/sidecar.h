// What is known of a replica besides its pages: whose it is, and how far it is. Two files next to
// the database:
//
// `NAME-replica`, the sidecar, is replaced atomically and synced. Its position is never ahead of
// what the disk has. While `dirty` is set, the pages may be further.
//
// `NAME-replica.lock` is locked for each sync, and holds the live record: the position after the
// last commit, written without sync. It counts while the machine has not been started again, for
// so long no write is lost. So a sync of one row waits for no disk.
#ifndef LIBSQL_REPLICA_SIDECAR_H_
#define LIBSQL_REPLICA_SIDECAR_H_

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "replica/disk.h"
#include "replica/position.h"
#include "replica/wal_writer.h"

namespace libsql::replica {

// A value type.
struct Sidecar {
  std::string primary;  // its URL, without credentials
  Position position;
  std::uint32_t pages = 0;
  // The pages may be further than the position: everything up to the primary's head has to be one
  // commit.
  bool dirty = false;
  FileIdentity file;
  // The log after the last commit, if not dirty.
  LogState log;
  // Random, new each time: a live record names the sidecar that it goes on from.
  std::uint64_t serial = 0;
};

// A value type.
struct LiveRecord {
  std::string boot;
  std::uint64_t serial = 0;  // of the sidecar
  Position position;
  std::uint32_t pages = 0;
  LogState log;
  // A commit was being made: the pages are at the position, or further.
  bool pending = false;
};

[[nodiscard]] std::filesystem::path sidecar_path(const std::filesystem::path& database);
[[nodiscard]] std::filesystem::path lock_path(const std::filesystem::path& database);

// Nothing if there is none. Errors: corrupt for a damaged one, unsupported for one of a later
// version; both say what to do.
[[nodiscard]] std::optional<Sidecar> load_sidecar(const std::filesystem::path& database);
// On the disk at return. Gives `sidecar` a new serial.
void store_sidecar(const std::filesystem::path& database, Sidecar* sidecar);
void remove_sidecar(const std::filesystem::path& database);

// The lock that one sync on the machine has at a time, with the live record in its file.
class ReplicaLock {
 public:
  // Waits for other processes. Nothing after `patience`.
  [[nodiscard]] static std::unique_ptr<ReplicaLock> acquire(const std::filesystem::path& database,
                                                            std::chrono::milliseconds patience);

  // Nothing if there is none that counts for a sidecar of that serial.
  [[nodiscard]] std::optional<LiveRecord> load(std::uint64_t serial) const;
  void store(const LiveRecord& record) const;

 private:
  ReplicaLock(int descriptor, std::filesystem::path file);

  Descriptor descriptor_;
  std::filesystem::path file_;
  std::string boot_;
};

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_SIDECAR_H_
