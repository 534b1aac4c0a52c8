// One thread for what destructors and monitors must not do themselves: close, roll back, give back.
#ifndef LIBSQL_NIF_REAPER_H_
#define LIBSQL_NIF_REAPER_H_

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace libsql::nif {

// Threads: thread-safe. The thread starts with the first job.
class Reaper {
 public:
  using Job = std::function<void()>;

  Reaper() = default;
  Reaper(const Reaper&) = delete;
  Reaper& operator=(const Reaper&) = delete;
  ~Reaper();

  // Never blocks. Jobs run in order; what they throw is swallowed. After stop() the job runs on the
  // calling thread: the library is being unloaded and there is nobody else left.
  void post(Job job) noexcept;

  // Finishes the jobs and joins the thread. Must not be called from a job.
  void stop() noexcept;

 private:
  void run_jobs() noexcept;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Job> jobs_;
  std::thread thread_;
  bool stopped_ = false;
};

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_REAPER_H_
