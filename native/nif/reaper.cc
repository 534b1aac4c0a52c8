#include "reaper.h"

#include <utility>

#include "core/named_thread.h"

namespace libsql::nif {

namespace {

void run(const Reaper::Job& job) noexcept {
  try {
    job();
  } catch (...) {
    // Nobody waits for a job: what it could not roll back, closing the connection will.
  }
}

}  // namespace

Reaper::~Reaper() { stop(); }

void Reaper::post(Job job) noexcept {
  try {
    if (enqueue(job)) return;
  } catch (...) {  // NOLINT(bugprone-empty-catch): no thread or no memory; see below
  }
  run(job);
}

// Leaves `job` as it is when it returns false or throws.
bool Reaper::enqueue(Job& job) {
  const core::MutexLock lock(mutex_);
  if (stopped_) return false;
  if (!thread_.joinable()) thread_ = core::start_thread("libsql-reaper", [this] { run_jobs(); });
  jobs_.push_back(std::move(job));
  wake_.notify_one();
  return true;
}

void Reaper::stop() noexcept {
  {
    const core::MutexLock lock(mutex_);
    stopped_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void Reaper::run_jobs() noexcept {
  std::vector<Job> batch;
  core::MutexLock lock(mutex_);
  while (!stopped_ || !jobs_.empty()) {
    if (jobs_.empty()) {
      wake_.wait(lock);
      continue;
    }
    batch.swap(jobs_);
    lock.unlock();
    for (const Job& job : batch) run(job);
    batch.clear();  // Destroys what the jobs own, without the lock: that may post again.
    lock.lock();
  }
}

}  // namespace libsql::nif
