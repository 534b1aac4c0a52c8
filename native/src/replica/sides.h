// The two sides of a replica's session, and what is true of both together: where a transaction is
// open, what a server has counted, which request is pending for whom.
#ifndef LIBSQL_REPLICA_SIDES_H_
#define LIBSQL_REPLICA_SIDES_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/mutex.h"
#include "libsql/receiver.h"
#include "libsql/request.h"

namespace libsql::replica {

enum class Side : std::uint8_t { local, remote };

// Numbers of both sides as one sequence without clashes: the side is the last bit. 0 stays 0.
[[nodiscard]] constexpr std::uint64_t joint_number(Side side, std::uint64_t number) noexcept {
  if (number == 0) return 0;
  return number * 2 + (side == Side::remote ? 1 : 0);
}
[[nodiscard]] constexpr Side side_of(std::uint64_t joint) noexcept {
  return (joint & 1U) != 0 ? Side::remote : Side::local;
}
[[nodiscard]] constexpr std::uint64_t own_number(std::uint64_t joint) noexcept { return joint / 2; }

// Threads: thread-safe.
class Sides : public std::enable_shared_from_this<Sides> {
 public:
  // What the session reports.
  [[nodiscard]] SessionState state() const LIBSQL_EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    return joint();
  }
  // Where a transaction is open; at the server, if on both. Asked before each request: no lock.
  [[nodiscard]] std::optional<Side> in_transaction() const noexcept {
    const std::uint8_t open = open_.load(std::memory_order_acquire);
    if ((open & bit(Side::remote)) != 0) return Side::remote;
    if (open != 0) return Side::local;
    return std::nullopt;
  }
  [[nodiscard]] bool in_transaction(Side side) const noexcept {
    return (open_.load(std::memory_order_acquire) & bit(side)) != 0;
  }
  // A side has answered. Returns what the session reports from now on.
  SessionState update(Side side, const SessionState& state) LIBSQL_EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    SessionState& known = side == Side::remote ? remote_ : local_;
    if (state.transaction != known.transaction) latest_ = joint_number(side, state.transaction);
    known = state;
    open_.store((local_.in_transaction ? bit(Side::local) : 0U) |
                    (remote_.in_transaction ? bit(Side::remote) : 0U),
                std::memory_order_release);
    return joint();
  }

  // --- Requests that are pending at the server ---

  void add(const Receiver* outer, std::shared_ptr<Receiver> inner) LIBSQL_EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    pending_.emplace_back(outer, std::move(inner));
  }
  void remove(const Receiver* outer) LIBSQL_EXCLUDES(mutex_) {
    std::shared_ptr<Receiver> removed;
    const core::MutexLock lock(mutex_);
    for (auto one = pending_.begin(); one != pending_.end(); ++one) {
      if (one->first != outer) continue;
      removed = std::move(one->second);
      pending_.erase(one);
      return;
    }
  }
  // Null if it has been answered.
  [[nodiscard]] std::shared_ptr<Receiver> find(const Receiver* outer) const
      LIBSQL_EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    for (const auto& [known, inner] : pending_) {
      if (known == outer) return inner;
    }
    return nullptr;
  }

 private:
  [[nodiscard]] static constexpr std::uint8_t bit(Side side) noexcept {
    return side == Side::remote ? 2U : 1U;
  }
  // Only the server writes.
  [[nodiscard]] SessionState joint() const LIBSQL_REQUIRES(mutex_) {
    SessionState state = remote_;
    state.in_transaction = remote_.in_transaction || local_.in_transaction;
    state.transaction = latest_;
    return state;
  }

  std::atomic<std::uint8_t> open_{0};  // Written with the mutex.
  mutable core::Mutex mutex_;
  SessionState local_ LIBSQL_GUARDED_BY(mutex_);
  SessionState remote_ LIBSQL_GUARDED_BY(mutex_);
  std::uint64_t latest_ LIBSQL_GUARDED_BY(mutex_) = 0;
  std::vector<std::pair<const Receiver*, std::shared_ptr<Receiver>>> pending_
      LIBSQL_GUARDED_BY(mutex_);
};

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_SIDES_H_
