#include "reaper.h"

#include <utility>

namespace libsql::nif {

namespace {

void run(const Reaper::Job& job) noexcept {
  try {
    job();
  } catch (...) {
    // A job has nobody to tell: what it could not roll back, closing the connection will.
  }
}

}  // namespace

Reaper::~Reaper() { stop(); }

void Reaper::post(Job job) noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (!stopped_) {
      if (!thread_.joinable()) thread_ = std::thread([this] { run_jobs(); });
      jobs_.push_back(std::move(job));
      wake_.notify_one();
      return;
    }
  }
  run(job);
}

void Reaper::stop() noexcept {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void Reaper::run_jobs() noexcept {
  std::vector<Job> batch;
  std::unique_lock lock(mutex_);
  while (!stopped_ || !jobs_.empty()) {
    wake_.wait(lock, [this] { return stopped_ || !jobs_.empty(); });
    batch.swap(jobs_);
    lock.unlock();
    for (const Job& job : batch) run(job);
    batch.clear();  // Destroys what the jobs own, without the lock: that may post again.
    lock.lock();
  }
}

}  // namespace libsql::nif
