// How many streams a server has open, over all transports, and that there are not too many.
#ifndef LIBSQL_SERVER_STREAM_COUNT_H_
#define LIBSQL_SERVER_STREAM_COUNT_H_

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>

namespace libsql::server {

// Threads: thread-safe.
class StreamCount {
 public:
  // One stream's place; the last copy gives it back.
  using Place = std::shared_ptr<void>;

  explicit StreamCount(std::size_t most) : most_(most) {}

  // Null if there are as many streams as may be. REQUIRES: `count` lives in a shared_ptr.
  [[nodiscard]] static Place take(const std::shared_ptr<StreamCount>& count) {
    if (count->open_.fetch_add(1) >= count->most_) {
      --count->open_;
      return nullptr;
    }
    return {count.get(), [count](StreamCount* self) { --self->open_; }};
  }
  [[nodiscard]] std::size_t most() const noexcept { return most_; }

 private:
  const std::size_t most_;
  std::atomic<std::size_t> open_{0};
};

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_STREAM_COUNT_H_
