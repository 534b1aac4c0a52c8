// What a Replicator's thread and its owners share.
#ifndef LIBSQL_REPLICA_REPLICATOR_CORE_H_
#define LIBSQL_REPLICA_REPLICATOR_CORE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/mutex.h"
#include "replica/primary.h"
#include "replica/puller.h"
#include "replica/replicator.h"
#include "replica/sync_watchers.h"

namespace libsql::replica {

// Threads: thread-safe; run() on the replicator's thread.
class Replicator::Core {
 public:
  struct Waiter {
    Goal goal;
    Clock::time_point deadline;
    Done done;
  };

  Core(const Config& config, std::shared_ptr<ReplicaFile> file);
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;
  ~Core() = default;

  void run() noexcept LIBSQL_EXCLUDES(mutex_);
  void stop() noexcept LIBSQL_EXCLUDES(mutex_);

  void use(std::shared_ptr<remote::HttpOrigin> origin,
           std::optional<std::chrono::milliseconds> interval) LIBSQL_EXCLUDES(mutex_);
  void add(Waiter waiter) LIBSQL_EXCLUDES(mutex_);
  void note_write(std::optional<std::uint64_t> index) LIBSQL_EXCLUDES(mutex_);
  [[nodiscard]] std::uint64_t note_read() const noexcept;
  [[nodiscard]] bool has_ended(std::uint64_t round) const noexcept;
  [[nodiscard]] bool is_failing() const LIBSQL_EXCLUDES(mutex_);
  void after_sync(std::function<void()> then) LIBSQL_EXCLUDES(mutex_);
  void freeze() LIBSQL_EXCLUDES(mutex_);
  [[nodiscard]] SyncWatchers& watchers() noexcept { return watchers_; }

  [[nodiscard]] ReplicaFile& file() noexcept { return *file_; }
  [[nodiscard]] ReplicaStatus status() const LIBSQL_EXCLUDES(mutex_);
  [[nodiscard]] bool has_tried() const noexcept { return tried_.load(); }
  [[nodiscard]] bool is_behind() const noexcept { return behind_.load(); }
  [[nodiscard]] bool is_frozen() const noexcept { return frozen_.load(); }
  [[nodiscard]] std::uint64_t epoch() const noexcept { return epoch_.load(); }

 private:
  using Waiters = std::vector<Waiter>;
  // What came of one sync.
  struct Round {
    Goal goal;
    std::uint64_t number = 0;  // of those that have begun
    std::uint64_t writes = 0;  // that had been noted when it began
    SyncReport report;
    Pulled pulled;
    std::optional<Error> error;
    Position position;
    bool has_position = false;
    bool is_reported = false;  // Watchers have heard of it, so they hear its end.
  };

  // What waits for a sync without asking for one.
  struct Follower {
    std::uint64_t round;  // the first that will do
    std::function<void()> then;
  };

  // Waits for something to do. Nothing when it is to end.
  [[nodiscard]] std::optional<Round> next_round() LIBSQL_EXCLUDES(mutex_);
  void pull(Round& round);
  void measure(Round& round, Clock::time_point began, std::uint64_t bytes_before) const;
  // Between two pieces of an answer.
  void on_piece(Round& round, Clock::time_point began, std::uint64_t bytes_before)
      LIBSQL_EXCLUDES(mutex_);
  void tell_watchers(const Round& round);
  void tell_followers(const Round& round) LIBSQL_EXCLUDES(mutex_);
  void pull_within_turn(Round& round);
  [[nodiscard]] std::unique_ptr<SyncTurn> begin_turn();
  void note(Round& round) LIBSQL_EXCLUDES(mutex_);
  void tell(const Round& round) LIBSQL_EXCLUDES(mutex_);
  // Called while the thread waits for the network or another process. Errors: interrupted, when the
  // replicator is to end.
  void look() LIBSQL_EXCLUDES(mutex_);
  void expire() LIBSQL_EXCLUDES(mutex_);
  void update_behind() LIBSQL_REQUIRES(mutex_);
  [[nodiscard]] bool has_reached(const Goal& goal) const LIBSQL_REQUIRES(mutex_);
  // When something has to be done next.
  [[nodiscard]] Clock::time_point next_event() const LIBSQL_REQUIRES(mutex_);

  const std::shared_ptr<ReplicaFile> file_;
  // Of the thread.
  Primary primary_;
  Puller puller_{primary_};
  Clock::time_point looked_;
  Clock::time_point told_;

  SyncWatchers watchers_;

  std::atomic<bool> behind_{false};
  std::atomic<bool> frozen_{false};
  std::atomic<bool> tried_{false};
  std::atomic<std::uint64_t> epoch_{0};
  // Written with the mutex.
  std::atomic<std::uint64_t> rounds_begun_{0};
  std::atomic<std::uint64_t> rounds_ended_{0};  // the latest that succeeded

  mutable core::Mutex mutex_;
  core::CondVar changed_;
  bool stopping_ LIBSQL_GUARDED_BY(mutex_) = false;
  Waiters waiters_ LIBSQL_GUARDED_BY(mutex_);
  Waiters running_ LIBSQL_GUARDED_BY(mutex_);  // Of the sync that runs.
  std::vector<Follower> followers_ LIBSQL_GUARDED_BY(mutex_);
  std::optional<std::chrono::milliseconds> interval_ LIBSQL_GUARDED_BY(mutex_);
  Clock::time_point latest_round_ LIBSQL_GUARDED_BY(mutex_);
  std::shared_ptr<remote::HttpOrigin> origin_ LIBSQL_GUARDED_BY(mutex_);  // The latest.
  ReplicaStatus status_ LIBSQL_GUARDED_BY(mutex_);
  Position position_ LIBSQL_GUARDED_BY(mutex_);
  // Writes that have been noted, and how many of them a sync has looked for.
  std::uint64_t writes_ LIBSQL_GUARDED_BY(mutex_) = 0;
  std::uint64_t covered_ LIBSQL_GUARDED_BY(mutex_) = 0;
};

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_REPLICATOR_CORE_H_
