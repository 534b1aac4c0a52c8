// Counts live objects, for leak tests (EctoLibSql.Nif.live_counts/0).
#ifndef LIBSQL_CORE_LIVE_COUNT_H_
#define LIBSQL_CORE_LIVE_COUNT_H_

#include <atomic>
#include <cstdint>
#include <utility>

namespace libsql::core {

// Of all sessions of this process: statements and cursors that are kept between two requests.
inline std::atomic<std::int64_t> live_statements{0};
inline std::atomic<std::int64_t> live_cursors{0};

// Counts its owner for as long as it lives.
class LiveCount {
 public:
  explicit LiveCount(std::atomic<std::int64_t>& counter) noexcept : counter_(&counter) {
    counter_->fetch_add(1, std::memory_order_relaxed);
  }
  LiveCount(LiveCount&& other) noexcept : counter_(std::exchange(other.counter_, nullptr)) {}
  LiveCount& operator=(LiveCount&&) = delete;
  LiveCount(const LiveCount&) = delete;
  LiveCount& operator=(const LiveCount&) = delete;
  ~LiveCount() {
    if (counter_ != nullptr) counter_->fetch_sub(1, std::memory_order_relaxed);
  }

 private:
  std::atomic<std::int64_t>* counter_;
};

}  // namespace libsql::core

#endif  // LIBSQL_CORE_LIVE_COUNT_H_
