// Keeps a replica up to date: one thread per file and process, which pulls when it is asked to or
// when its interval has passed, and tells those who wait for a frame.
#ifndef LIBSQL_REPLICA_REPLICATOR_H_
#define LIBSQL_REPLICA_REPLICATOR_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "libsql/error.h"
#include "libsql/replica.h"
#include "replica/pull.h"
#include "replica/replica_file.h"

namespace libsql::remote {
class HttpOrigin;
}

namespace libsql::replica {

// Threads: thread-safe.
// Lifetime: when the last owner goes, what is pulled is given up, the position is noted on the
// disk, and who waits is told ErrorKind::interrupted.
class Replicator {
 public:
  using Clock = std::chrono::steady_clock;
  struct Config {
    ReplicaConfig file;
    std::shared_ptr<remote::HttpOrigin> origin;
    std::optional<std::chrono::milliseconds> interval;
    // Without a byte from the primary, a pull fails.
    std::chrono::milliseconds idle{30'000};
  };
  // Called once. `error` is null if the goal has been reached. It must not throw.
  using Done = std::function<void(const Error* error, const SyncReport& report)>;

  // The one of this file; the first caller starts it. Later ones replace the way to the primary, so
  // that newer tokens count, and may shorten the interval.
  // Errors: those of ReplicaFile::open().
  [[nodiscard]] static std::shared_ptr<Replicator> open(const Config& config);

  explicit Replicator(const Config& config, std::shared_ptr<ReplicaFile> file);
  Replicator(const Replicator&) = delete;
  Replicator& operator=(const Replicator&) = delete;
  ~Replicator();

  // Pulls until `goal`, with a sync that begins after this call, and calls `done` on the
  // replicator's thread; with ErrorKind::timeout at the deadline, while the pull goes on.
  void sync(const Goal& goal, Clock::time_point deadline, Done done);
  // The same, waiting. Errors: of the sync; timeout; interrupted if `cancelled`.
  SyncReport sync_and_wait(const SyncRequest& request);
  // Syncs once, unless that has been done or tried in this process; fails only if there is no local
  // copy. Errors: as sync_and_wait().
  void sync_first(const SyncRequest& request);
  // Whether there is a local copy. Errors: those of ReplicaFile.
  [[nodiscard]] bool has_copy() const;
  // Makes an empty database where there is none. Errors: those of ReplicaFile.
  void make_readable();

  // The primary has committed something of this process's; `index` as it named it.
  void note_write(std::optional<std::uint64_t> index);
  // The primary has answered what reads: the number of the sync that surely brings what was read.
  [[nodiscard]] std::uint64_t note_read() const noexcept;
  // Whether that sync, or a later one, has ended well.
  [[nodiscard]] bool has_ended(std::uint64_t round) const noexcept;
  // The latest sync has failed.
  [[nodiscard]] bool is_failing() const;
  // Something of what was written is not here yet.
  [[nodiscard]] bool is_behind() const noexcept;
  // Changes when the whole content may have been replaced: connections have to be opened again.
  [[nodiscard]] std::uint64_t epoch() const noexcept;
  [[nodiscard]] ReplicaStatus status() const;
  [[nodiscard]] const ReplicaConfig& file() const noexcept;

  // Tells `observer` of all syncs from now on, while what is returned lives.
  [[nodiscard]] std::shared_ptr<const SyncObserver> watch(SyncObserver observer);
  // Calls `then` on the replicator's thread when a sync that begins after this call has ended well,
  // before those who asked for it are told. Asks for none itself. It must not throw.
  void after_sync(std::function<void()> then);

  // Ends replication for good: moves the log into the file, removes what belongs to the replica
  // next to it. From then on syncs are refused. Errors: busy while connections read older states,
  // or another process syncs; nothing has changed then.
  void freeze();
  [[nodiscard]] bool is_frozen() const noexcept;

 private:
  class Core;
  const std::shared_ptr<Core> core_;
  std::thread thread_;
};

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_REPLICATOR_H_
