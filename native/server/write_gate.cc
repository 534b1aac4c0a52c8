#include "server/write_gate.h"

#include <algorithm>

namespace libsql::server {

std::uint64_t WriteGate::enter(const std::shared_ptr<Writer>& writer) {
  core::MutexLock lock(mutex_);
  waiting_.push_back(writer.get());
  while (inside_ || waiting_.front() != writer.get()) {
    if (writer->gave_up()) {
      std::erase(waiting_, writer.get());
      changed_.notify_all();
      return 0;
    }
    if (!inside_ || evicting_) {
      changed_.wait(lock);
    } else if (!changed_.wait_until(lock, since_ + longest_turn_)) {
      const std::shared_ptr<Writer> late = overdue();
      const std::uint64_t turn = turn_;
      lock.unlock();
      if (late) late->evict(turn);
      lock.lock();
    }
  }
  waiting_.pop_front();
  inside_ = writer;
  since_ = Clock::now();
  evicting_ = false;
  return ++turn_;
}

std::shared_ptr<WriteGate::Writer> WriteGate::overdue() {
  if (!inside_ || evicting_ || Clock::now() < since_ + longest_turn_) return nullptr;
  evicting_ = true;
  return inside_;
}

void WriteGate::leave() noexcept {
  std::shared_ptr<Writer> left;  // Destroyed after the mutex is released.
  const core::MutexLock lock(mutex_);
  left.swap(inside_);
  changed_.notify_all();
}

void WriteGate::wake() noexcept {
  const core::MutexLock lock(mutex_);
  changed_.notify_all();
}

}  // namespace libsql::server
