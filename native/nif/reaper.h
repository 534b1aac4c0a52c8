// One thread for what would block a destructor or a monitor: closing, rolling back, releasing
// locks.
#ifndef LIBSQL_NIF_REAPER_H_
#define LIBSQL_NIF_REAPER_H_

#include <functional>
#include <thread>
#include <vector>

#include "core/mutex.h"

namespace libsql::nif {

// Threads: thread-safe. The thread starts with the first job.
class Reaper {
 public:
  using Job = std::function<void()>;

  Reaper() = default;
  Reaper(const Reaper&) = delete;
  Reaper& operator=(const Reaper&) = delete;
  ~Reaper();

  // Does not block. Jobs run in order; what they throw is dropped. Where no thread can run it, the
  // job runs here: after stop(), when the library is being unloaded, and when the system refuses
  // another thread or memory.
  void post(Job job) noexcept LIBSQL_EXCLUDES(mutex_);

  // Finishes the jobs and joins the thread. Must not be called from a job.
  void stop() noexcept LIBSQL_EXCLUDES(mutex_);

 private:
  [[nodiscard]] bool enqueue(Job& job) LIBSQL_EXCLUDES(mutex_);
  void run_jobs() noexcept LIBSQL_EXCLUDES(mutex_);

  core::Mutex mutex_;
  core::CondVar wake_;
  std::vector<Job> jobs_ LIBSQL_GUARDED_BY(mutex_);
  bool stopped_ LIBSQL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // Started under the mutex; joined by stop() after it is set.
};

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_REAPER_H_
