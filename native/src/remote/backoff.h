// How long to wait before an attempt is repeated.
#ifndef LIBSQL_REMOTE_BACKOFF_H_
#define LIBSQL_REMOTE_BACKOFF_H_

#include <chrono>
#include <optional>

namespace libsql::remote {

// Exponential with full jitter (Brooker, "Exponential Backoff And Jitter", 2015): the n-th wait is
// drawn evenly from zero to min(longest, first · 2ⁿ), so that clients which failed together do not
// come back together.
//
// Threads: thread-compatible.
class Backoff {
 public:
  struct Options {
    std::chrono::milliseconds first{100};
    std::chrono::milliseconds longest{5000};
    int attempts = 5;  // Including the first one.
  };

  explicit Backoff(const Options& options) noexcept : options_(options) {}

  // The wait before the next attempt, or nothing if there is none left. `drawn` is a random number
  // in [0, 1). A server's Retry-After is the least that is waited.
  [[nodiscard]] std::optional<std::chrono::milliseconds> next(
      double drawn, std::chrono::milliseconds retry_after = {}) noexcept;

 private:
  Options options_;
  int failed_ = 0;
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_BACKOFF_H_
