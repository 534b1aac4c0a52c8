#include "server/serial_queue.h"

#include <utility>

namespace libsql::server {

void SerialQueue::post(Task task) {
  {
    const core::MutexLock lock(mutex_);
    tasks_.push_back(std::move(task));
    if (std::exchange(running_, true)) return;
  }
  static_cast<void>(pool_.post([self = shared_from_this()] { self->run(); }));
}

void SerialQueue::run() noexcept {
  core::MutexLock lock(mutex_);
  while (!tasks_.empty()) {
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    task = nullptr;  // What it holds is released before the mutex is taken.
    lock.lock();
  }
  running_ = false;
}

}  // namespace libsql::server
