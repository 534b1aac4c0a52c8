// Whose turn it is to write. SQLite has one writer at a time; as in sqld, streams wait for it in
// the order of asking, and a transaction that keeps others waiting for longer than its time is
// rolled back.
#ifndef LIBSQL_SERVER_WRITE_GATE_H_
#define LIBSQL_SERVER_WRITE_GATE_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>

#include "core/mutex.h"

namespace libsql::server {

// Threads: thread-safe. Calls none of its writers while its mutex is held.
class WriteGate {
 public:
  // Who can have the turn.
  class Writer {
   public:
    Writer() = default;
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    virtual ~Writer() = default;

    // It has had this turn for too long: it is to roll back and leave() soon, if it still has that
    // one. Called on any thread.
    virtual void evict(std::uint64_t turn) noexcept = 0;
    // It wants the turn no more, for instance because its client has gone.
    [[nodiscard]] virtual bool gave_up() const noexcept = 0;
  };

  explicit WriteGate(std::chrono::milliseconds longest_turn) : longest_turn_(longest_turn) {}

  // Waits for the turn. Its number, which no other has; 0 if the writer gave up meanwhile.
  // REQUIRES: it does not have it.
  [[nodiscard]] std::uint64_t enter(const std::shared_ptr<Writer>& writer) LIBSQL_EXCLUDES(mutex_);
  // Ends the turn.
  void leave() noexcept LIBSQL_EXCLUDES(mutex_);
  // Lets waiters look at gave_up().
  void wake() noexcept LIBSQL_EXCLUDES(mutex_);

 private:
  using Clock = std::chrono::steady_clock;

  // Who has the turn, if its time is over and it has not been told yet; once for each turn.
  [[nodiscard]] std::shared_ptr<Writer> overdue() LIBSQL_REQUIRES(mutex_);

  const std::chrono::milliseconds longest_turn_;
  core::Mutex mutex_;
  core::CondVar changed_;
  std::deque<const Writer*> waiting_ LIBSQL_GUARDED_BY(mutex_);
  std::shared_ptr<Writer> inside_ LIBSQL_GUARDED_BY(mutex_);
  std::uint64_t turn_ LIBSQL_GUARDED_BY(mutex_) = 0;  // The latest.
  Clock::time_point since_ LIBSQL_GUARDED_BY(mutex_);
  bool evicting_ LIBSQL_GUARDED_BY(mutex_) = false;
};

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_WRITE_GATE_H_
