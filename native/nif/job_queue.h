// The jobs of one connection: one runs at a time, and those that wait occupy no thread.
#ifndef LIBSQL_NIF_JOB_QUEUE_H_
#define LIBSQL_NIF_JOB_QUEUE_H_

#include <deque>
#include <memory>

#include "core/mutex.h"
#include "core/thread_pool.h"
#include "job.h"

namespace libsql::nif {

// Threads: thread-safe; jobs run without the lock.
class JobQueue {
 public:
  // Runs the job after those before it. If no thread can be started, refuses it.
  static void add(std::shared_ptr<JobQueue> queue, ResourcePtr<Job> job, core::ThreadPool& threads);
  // Takes out a job that has been cancelled.
  void remove(const Job* job) noexcept LIBSQL_EXCLUDES(mutex_);

 private:
  // False if a thread runs the jobs already.
  [[nodiscard]] bool append(ResourcePtr<Job> job) LIBSQL_EXCLUDES(mutex_);
  // Null: there is none, and the next add() starts a thread.
  [[nodiscard]] ResourcePtr<Job> next() noexcept LIBSQL_EXCLUDES(mutex_);
  void run_all() noexcept LIBSQL_EXCLUDES(mutex_);
  void refuse_all(const Error& error) noexcept LIBSQL_EXCLUDES(mutex_);

  core::Mutex mutex_;
  std::deque<ResourcePtr<Job>> waiting_ LIBSQL_GUARDED_BY(mutex_);
  bool has_thread_ LIBSQL_GUARDED_BY(mutex_) = false;
};

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_JOB_QUEUE_H_
