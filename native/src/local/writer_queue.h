// The queue of one database file's writers within this OS process.
//
// SQLite lets connections that want the write lock sleep and try again, so the order is random,
// and a waiter notices late that the lock is free. Here the connections of one process on one file
// take turns in the order of asking; the end of a turn wakes the next connection, without polling.
// Other processes still meet in SQLite's busy handler, at most one connection of ours at a time.
#ifndef LIBSQL_LOCAL_WRITER_QUEUE_H_
#define LIBSQL_LOCAL_WRITER_QUEUE_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include <sqlite3.h>

#include "core/mutex.h"
#include "libsql/write_ticket.h"

namespace libsql::local {

// Threads: thread-safe. No callback runs under the lock.
class WriterQueue : public std::enable_shared_from_this<WriterQueue> {
 public:
  class Ticket;

  // The queue of a connection's main database: the same object for every name of a file (links,
  // relative paths) and for every connection to a shared database in memory. Null for a private
  // one.
  [[nodiscard]] static std::shared_ptr<WriterQueue> of_database(sqlite3* db);

  // Takes the turn if it is free and nobody waits.
  [[nodiscard]] bool try_acquire() LIBSQL_EXCLUDES(mutex_);
  // Joins the queue. `granted` is called once when it is the ticket's turn: at once, on this
  // thread, if the turn is free.
  [[nodiscard]] std::shared_ptr<Ticket> enqueue(std::function<void()> granted)
      LIBSQL_EXCLUDES(mutex_);
  // Ends a turn: passes it to the ticket that has waited longest.
  void release() noexcept LIBSQL_EXCLUDES(mutex_);
  // Tickets that wait for their turn.
  [[nodiscard]] std::size_t waiting() LIBSQL_EXCLUDES(mutex_);

  // What this process knows of the main database's write-ahead log: its frames after the last
  // commit, and how many there were when a checkpoint last moved all of them, 0 once the log has
  // restarted. While that is not 0, a commit may restart the log, which waits for the disk.
  std::atomic<int> log_frames{0};
  std::atomic<int> checkpointed_frames{0};
  // The length at which the log is truncated next, where overlapping readers have prevented it; or
  // 0.
  std::atomic<int> truncate_at{0};
  // Checkpoints, backups and VACUUMs of this process that run on the file: meanwhile, the shortest
  // read may wait long for one of SQLite's mutexes.
  std::atomic<int> upkeep{0};
  // Most of this log has been synced before the checkpoint, which would otherwise do it.
  std::atomic<bool> log_synced{false};

 private:
  core::Mutex mutex_;
  bool taken_ LIBSQL_GUARDED_BY(mutex_) = false;
  std::deque<std::shared_ptr<Ticket>> waiting_ LIBSQL_GUARDED_BY(mutex_);
};

// Counts as upkeep of the file while it lives.
class Upkeep {
 public:
  explicit Upkeep(std::shared_ptr<WriterQueue> queue) noexcept : queue_(std::move(queue)) {
    if (queue_) ++queue_->upkeep;
  }
  Upkeep(const Upkeep&) = delete;
  Upkeep& operator=(const Upkeep&) = delete;
  ~Upkeep() {
    if (queue_) --queue_->upkeep;
  }

 private:
  const std::shared_ptr<WriterQueue> queue_;
};

// A place in the queue; see WriteTicket.
class WriterQueue::Ticket : public WriteTicket {
 public:
  Ticket(std::shared_ptr<WriterQueue> queue, std::function<void()> granted)
      : queue_(std::move(queue)), granted_(std::move(granted)) {}

  [[nodiscard]] State state() const override;
  State cancel() noexcept override;
  // When the place was taken.
  [[nodiscard]] std::chrono::steady_clock::time_point asked_at() const noexcept {
    return asked_at_;
  }
  // Turns a grant into the caller's own turn, which release() must end. True once per grant.
  [[nodiscard]] bool take() noexcept;

 private:
  friend class WriterQueue;
  enum class Phase : std::uint8_t { waiting, granted, taken, cancelled };

  // Called by the thread that moves the phase to granted, and by no other.
  void notify() noexcept;

  const std::shared_ptr<WriterQueue> queue_;
  const std::chrono::steady_clock::time_point asked_at_ = std::chrono::steady_clock::now();
  std::function<void()> granted_;
  std::atomic<Phase> phase_{Phase::waiting};
};

// A handle whose destruction cancels the ticket.
[[nodiscard]] std::shared_ptr<WriteTicket> cancel_when_dropped(
    std::shared_ptr<WriterQueue::Ticket> ticket);

}  // namespace libsql::local

#endif  // LIBSQL_LOCAL_WRITER_QUEUE_H_
