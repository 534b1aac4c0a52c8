// Waits for other threads, with a deadline that only a defect reaches.
#ifndef LIBSQL_TESTING_WAIT_H_
#define LIBSQL_TESTING_WAIT_H_

#include <chrono>
#include <thread>

#include "core/mutex.h"

namespace libsql::testing {

inline constexpr std::chrono::seconds kPatience{20};

// Opens once; wait() returns true when it is open, false after kPatience.
class Gate {
 public:
  void open() {
    const core::MutexLock lock(mutex_);
    is_open_ = true;
    changed_.notify_all();
  }
  [[nodiscard]] bool wait() {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    core::MutexLock lock(mutex_);
    while (!is_open_) {
      if (!changed_.wait_until(lock, deadline)) return is_open_;
    }
    return true;
  }
  [[nodiscard]] bool is_open() {
    const core::MutexLock lock(mutex_);
    return is_open_;
  }

 private:
  core::Mutex mutex_;
  core::CondVar changed_;
  bool is_open_ LIBSQL_GUARDED_BY(mutex_) = false;
};

// Polls a condition. False after kPatience.
template <typename Condition>
[[nodiscard]] bool eventually(const Condition& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace libsql::testing

#endif  // LIBSQL_TESTING_WAIT_H_
