// Threads for work that may take long: statements, commits, files. Nothing else in the process
// waits for it: it runs on as many threads as there is work at once, up to a limit.
#ifndef LIBSQL_CORE_THREAD_POOL_H_
#define LIBSQL_CORE_THREAD_POOL_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

namespace libsql::core {

// Threads: thread-safe.
// Lifetime: its threads are detached and own what they use, so that neither the destructor nor the
// end of the process waits for a task that never ends. Their code must stay mapped.
class ThreadPool {
 public:
  struct Options {
    std::size_t most_threads = 512;
    // An idle thread ends after this time.
    std::chrono::milliseconds idle_time = std::chrono::seconds(10);
  };
  // What a task throws is dropped.
  using Task = std::function<void()>;

  explicit ThreadPool(const Options& options);
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  // As stop() without waiting.
  ~ThreadPool();

  // Runs `task` on an idle thread, or a new one; at the limit, when a thread becomes free, in the
  // order of the calls. False after stop(): the task has been dropped.
  // Errors: out_of_memory if the system refuses the first thread; if it refuses a further one, the
  // task waits for those that exist.
  [[nodiscard]] bool post(Task task);

  // Drops the tasks that no thread has begun, and waits until the others have ended, but not longer
  // than `patience`. False if some still run: their threads end after them.
  bool stop(std::chrono::milliseconds patience) noexcept;

  // Changes Options::most_threads. Of too many threads, those that become idle end after their
  // time.
  void set_most_threads(std::size_t count) noexcept;

  struct Counts {
    std::size_t threads;  // busy and idle
    std::size_t idle;
    std::size_t waiting;  // tasks
  };
  [[nodiscard]] Counts counts() const;

 private:
  class Core;
  const std::shared_ptr<Core> core_;
};

}  // namespace libsql::core

#endif  // LIBSQL_CORE_THREAD_POOL_H_
