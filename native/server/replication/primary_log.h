// The replication log of the database that a server serves: every page that was committed, in
// order.
//
// It begins when a replica first asks for it. From then on capture() is called behind each write,
// before the next writer has its turn, and reads what was committed from SQLite's write-ahead log.
// Nobody needs to be kept from writing: WalTap's read transaction keeps SQLite from throwing away
// what was not read yet.
#ifndef LIBSQL_SERVER_REPLICATION_PRIMARY_LOG_H_
#define LIBSQL_SERVER_REPLICATION_PRIMARY_LOG_H_

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "core/mutex.h"
#include "server/replication/log_store.h"
#include "server/replication/log_view.h"
#include "server/replication/wal_tap.h"

namespace libsql::server::replication {

// Threads: thread-safe.
class PrimaryLog {
 public:
  // Frames behind the snapshot, from which a new one is made: as sqld, 200 MB, and no fewer than
  // the database has pages.
  static constexpr std::uint64_t kMostFrames = 50'000;

  // Goes on with the log next to the file, or begins a new one in its place. Does nothing if there
  // is none. Errors: those of view().
  explicit PrimaryLog(std::string database, std::uint64_t most_frames = kMostFrames,
                      EndedGeneration ended = EndedGeneration::dropped);
  PrimaryLog(const PrimaryLog&) = delete;
  PrimaryLog& operator=(const PrimaryLog&) = delete;
  // REQUIRES: the connections of the server have been closed.
  ~PrimaryLog();

  // The log up to the newest commit; begins it if need be, which takes as long as copying the
  // database. Errors: those of LogStore; unsupported for a database that cannot be replicated;
  // interrupted if it would have to begin after stop().
  [[nodiscard]] LogView view() LIBSQL_EXCLUDES(mutex_);
  // Reads what was committed. If that fails, for instance for want of room, the log ends, and the
  // next view() begins another, with another identity.
  void capture() noexcept LIBSQL_EXCLUDES(mutex_);
  // From now on no database is copied and no snapshot made; what is under way ends soon.
  void stop() noexcept { stopping_ = true; }
  // The last frame's number; nothing without a log.
  [[nodiscard]] std::optional<std::uint64_t> head() const noexcept {
    const std::uint64_t head = head_.load();
    return head == kNone ? std::nullopt : std::optional(head);
  }

 private:
  static constexpr std::uint64_t kNone = std::numeric_limits<std::uint64_t>::max();

  void begin() LIBSQL_REQUIRES(mutex_);
  void catch_up() LIBSQL_REQUIRES(mutex_);
  void give_up() noexcept LIBSQL_REQUIRES(mutex_);
  // False if the write-ahead log does not go on from where it was read.
  [[nodiscard]] bool read(const replica::IndexHeader& header) LIBSQL_REQUIRES(mutex_);
  void tidy(std::uint32_t log_frames) LIBSQL_REQUIRES(mutex_);

  const std::string database_;
  const std::uint64_t most_frames_;
  const EndedGeneration ended_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> head_{kNone};
  core::Mutex mutex_;
  std::unique_ptr<WalTap> tap_ LIBSQL_GUARDED_BY(mutex_);
  std::unique_ptr<LogStore> store_ LIBSQL_GUARDED_BY(mutex_);
};

}  // namespace libsql::server::replication

#endif  // LIBSQL_SERVER_REPLICATION_PRIMARY_LOG_H_
