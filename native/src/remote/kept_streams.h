// Streams of a WebSocket that stay open for whoever needs one next: three messages become one.
#ifndef LIBSQL_REMOTE_KEPT_STREAMS_H_
#define LIBSQL_REMOTE_KEPT_STREAMS_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/mutex.h"

namespace libsql::remote {

class SocketLink;

// A stream that has run nothing but SELECTs, each in autocommit: to SQL it is as a new one. It has
// no transaction, no temporary table, no setting, no last rowid and no count of changes.
struct KeptStream {
  std::int32_t id = 0;             // Of whoever has this object, to be given back.
  std::weak_ptr<SocketLink> link;  // Whose server has it open.
  std::chrono::steady_clock::time_point until;
};

// Threads: thread-safe.
class KeptStreams {
 public:
  // From a stream's opening to its end. sqld lets 128 streams be open in all, lets others wait a
  // second for a place, and then refuses them: places must go round, also under load.
  static constexpr std::chrono::milliseconds kLifetime{250};

  // The one that was given last.
  [[nodiscard]] std::optional<KeptStream> take() LIBSQL_EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    if (streams_.empty()) return std::nullopt;
    std::optional<KeptStream> taken(std::move(streams_.back()));
    streams_.pop_back();
    return taken;
  }
  // False, and not taken: there are enough, or its time is over.
  [[nodiscard]] bool give(const KeptStream& stream) LIBSQL_EXCLUDES(mutex_) {
    if (stream.until <= std::chrono::steady_clock::now()) return false;
    const core::MutexLock lock(mutex_);
    if (streams_.size() >= kMost) return false;
    streams_.push_back(stream);
    return true;
  }
  // Requests under way that leave their stream open. With many at a time each closes its own in the
  // same write: a server would otherwise open a connection for each of them.
  [[nodiscard]] bool has_room() const noexcept { return users_ < kMost; }
  void add_user() noexcept { ++users_; }
  void remove_user() noexcept { --users_; }
  // Those whose time is over.
  [[nodiscard]] std::vector<KeptStream> take_overdue() LIBSQL_EXCLUDES(mutex_) {
    const auto now = std::chrono::steady_clock::now();
    std::vector<KeptStream> overdue;
    const core::MutexLock lock(mutex_);
    std::erase_if(streams_, [&](KeptStream& stream) {
      if (stream.until > now) return false;
      overdue.push_back(std::move(stream));
      return true;
    });
    return overdue;
  }
  [[nodiscard]] bool empty() const LIBSQL_EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    return streams_.empty();
  }

 private:
  // Half of what sqld lets be open.
  static constexpr std::size_t kMost = 64;

  std::atomic<std::size_t> users_{0};
  mutable core::Mutex mutex_;
  std::vector<KeptStream> streams_ LIBSQL_GUARDED_BY(mutex_);
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_KEPT_STREAMS_H_
