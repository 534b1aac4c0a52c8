#include "server/serial_queue.h"

#include <memory>
#include <utility>

namespace libsql::server {

// What waits in the pool for a thread. A pool that stops drops it, and with it the tasks: one of
// them may own the queue through what it holds.
class SerialQueue::Turn {
 public:
  explicit Turn(std::shared_ptr<SerialQueue> queue) : queue_(std::move(queue)) {}
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    if (queue_ != nullptr) queue_->drop();
  }
  void take() noexcept { std::exchange(queue_, nullptr)->run(); }

 private:
  std::shared_ptr<SerialQueue> queue_;
};

void SerialQueue::post(Task task) {
  {
    const core::MutexLock lock(mutex_);
    tasks_.push_back(std::move(task));
    if (std::exchange(running_, true)) return;
  }
  auto turn = std::make_shared<Turn>(shared_from_this());
  static_cast<void>(pool_.post([turn = std::move(turn)] { turn->take(); }));
}

void SerialQueue::drop() noexcept {
  std::deque<Task> dropped;  // Destroyed after the mutex is released.
  const core::MutexLock lock(mutex_);
  dropped.swap(tasks_);
  running_ = false;
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
