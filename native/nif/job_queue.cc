#include "job_queue.h"

#include <algorithm>
#include <utility>

namespace libsql::nif {

// NOLINTNEXTLINE(performance-unnecessary-value-param): the thread keeps the queue
void JobQueue::add(std::shared_ptr<JobQueue> queue, ResourcePtr<Job> job,
                   core::ThreadPool& threads) {
  if (!queue->append(std::move(job))) return;
  try {
    if (threads.post([queue] { queue->run_all(); })) return;
    queue->refuse_all(Error(ErrorKind::misuse, "the native library is being unloaded"));
  } catch (const Error& error) {
    // Also those that came meanwhile and counted on this thread.
    queue->refuse_all(error);
  }
}

bool JobQueue::append(ResourcePtr<Job> job) {
  const core::MutexLock lock(mutex_);
  waiting_.push_back(std::move(job));
  return !std::exchange(has_thread_, true);
}

void JobQueue::refuse_all(const Error& error) noexcept {
  while (const ResourcePtr<Job> job = next()) job->refuse(error);
}

void JobQueue::remove(const Job* job) noexcept {
  ResourcePtr<Job> removed;  // Released after the lock.
  const core::MutexLock lock(mutex_);
  const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                  [&](const auto& entry) { return entry.get() == job; });
  if (found == waiting_.end()) return;
  removed = std::move(*found);
  waiting_.erase(found);
}

ResourcePtr<Job> JobQueue::next() noexcept {
  const core::MutexLock lock(mutex_);
  if (waiting_.empty()) {
    has_thread_ = false;
    return {};
  }
  ResourcePtr<Job> job = std::move(waiting_.front());
  waiting_.pop_front();
  return job;
}

void JobQueue::run_all() noexcept {
  while (const ResourcePtr<Job> job = next()) job->run();
}

}  // namespace libsql::nif
