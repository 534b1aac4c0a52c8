#include "core/turns.h"

#include <algorithm>
#include <utility>

namespace libsql::core {

void Turns::Computation::end() noexcept {
  if (has_place_ || queued_) turns_.give_place(*this);
  has_place_ = false;
}

bool Turns::anybody_waits() noexcept {
  const MutexLock lock(mutex_);
  return !waiting_.empty();
}

bool Turns::take_place(Computation& computation, Clock::time_point deadline) {
  MutexLock lock(mutex_);
  if (!computation.queued_) {
    if (free_ > 0) {
      --free_;
      return true;
    }
    waiting_.push_back(&computation);
    computation.queued_ = true;
  }
  while (!computation.granted_ && computation.wake_.wait_until(lock, deadline)) {
  }
  if (!computation.granted_) return false;
  computation.granted_ = computation.queued_ = false;
  return true;
}

// A place that was granted and not seen goes on, too.
void Turns::give_place(Computation& computation) noexcept {
  const MutexLock lock(mutex_);
  const bool queued = std::exchange(computation.queued_, false);
  if (queued && !std::exchange(computation.granted_, false)) {
    waiting_.erase(std::find(waiting_.begin(), waiting_.end(), &computation));
    return;
  }
  pass_on();
}

void Turns::pass_on() noexcept {
  if (waiting_.empty()) {
    ++free_;
    return;
  }
  Computation* const next = waiting_.front();
  waiting_.pop_front();
  next->granted_ = true;
  next->wake_.notify_one();
}

}  // namespace libsql::core
