#include "core/thread_pool.h"

#include <pthread.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <deque>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "core/mutex.h"
#include "libsql/error.h"

namespace libsql::core {

namespace {

using Clock = std::chrono::steady_clock;

// A task that runs longer than this is a long one.
constexpr std::chrono::milliseconds kLongTask{20};
#if defined(__linux__)
// On Linux a nice value belongs to the thread that sets it. Source: man 2 setpriority, Notes
constexpr int kLowestPriority = 19;
#endif

// The task that runs on this thread.
struct Running {
  Clock::time_point since;
  bool lowered = false;
};
thread_local Running* running = nullptr;

void name_this_thread(std::size_t number) noexcept {
#if defined(__linux__)
  char name[16];  // the longest that Linux takes
  static_cast<void>(std::snprintf(name, sizeof name, "libsql-%zu", number % 100000000));
  pthread_setname_np(pthread_self(), name);
#else
  static_cast<void>(number);
#endif
}

// Blocks all signals while it lives: a thread that starts meanwhile handles none.
class SignalsBlocked {
 public:
  SignalsBlocked() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

}  // namespace

// What the pool and its threads share.
class ThreadPool::Core : public std::enable_shared_from_this<Core> {
 public:
  explicit Core(const Options& options) noexcept : options_(options) {}

  [[nodiscard]] bool post(Task& task) LIBSQL_EXCLUDES(mutex_);
  bool stop(std::chrono::milliseconds patience) noexcept LIBSQL_EXCLUDES(mutex_);
  [[nodiscard]] Counts counts() LIBSQL_EXCLUDES(mutex_);

 private:
  // An idle thread.
  struct Idle {
    CondVar wake;
    Task task;
    bool woken = false;
  };

  void start_thread() LIBSQL_REQUIRES(mutex_);
  void run_thread(std::size_t number) noexcept LIBSQL_EXCLUDES(mutex_);
  // The next task of this thread; empty: the thread ends.
  [[nodiscard]] Task next_task(MutexLock& lock) LIBSQL_REQUIRES(mutex_);
  [[nodiscard]] Task wait_for_task(MutexLock& lock) LIBSQL_REQUIRES(mutex_);
  void end_thread(bool replace) noexcept LIBSQL_REQUIRES(mutex_);

  const Options options_;
  Mutex mutex_;
  CondVar ended_;  // a thread has ended, while stop() waits
  std::deque<Task> tasks_ LIBSQL_GUARDED_BY(mutex_);
  // The last one became idle last: its stack and caches are warm.
  std::vector<Idle*> idle_ LIBSQL_GUARDED_BY(mutex_);
  std::size_t threads_ LIBSQL_GUARDED_BY(mutex_) = 0;
  std::size_t started_ LIBSQL_GUARDED_BY(mutex_) = 0;
  bool stopped_ LIBSQL_GUARDED_BY(mutex_) = false;
};

// Leaves `task` alone if it returns false or throws.
bool ThreadPool::Core::post(Task& task) {
  const MutexLock lock(mutex_);
  if (stopped_) return false;
  if (!idle_.empty()) {
    Idle* const idle = idle_.back();
    idle_.pop_back();
    idle->task = std::move(task);
    idle->woken = true;
    idle->wake.notify_one();
    return true;
  }
  tasks_.push_back(std::move(task));
  if (threads_ >= options_.most_threads) return true;
  try {
    start_thread();
  } catch (const std::system_error&) {
    if (threads_ > 0) return true;
    task = std::move(tasks_.back());
    tasks_.pop_back();
    throw Error(ErrorKind::out_of_memory,
                "the system refuses to start a thread for this call: raise the limit of threads "
                "(ulimit -u, or pids of the container), or lower :max_threads");
  }
  return true;
}

void ThreadPool::Core::start_thread() {
  const SignalsBlocked blocked;
  std::thread([self = shared_from_this(), number = ++started_] {
    self->run_thread(number);
  }).detach();
  ++threads_;
}

void ThreadPool::Core::run_thread(std::size_t number) noexcept {
  name_this_thread(number);
  Running state;
  running = &state;
  MutexLock lock(mutex_);
  while (!state.lowered) {
    Task task = next_task(lock);
    if (!task) break;
    lock.unlock();
    state.since = Clock::now();
    try {
      task();
    } catch (...) {
      // Nobody waits for it: a task reports its own errors.
    }
    task = {};  // Destroys what it owns without the lock.
    lock.lock();
  }
  running = nullptr;
  // A thread cannot raise its priority again.
  end_thread(state.lowered);
}

ThreadPool::Task ThreadPool::Core::next_task(MutexLock& lock) {
  if (stopped_) return {};
  if (tasks_.empty()) return wait_for_task(lock);
  Task task = std::move(tasks_.front());
  tasks_.pop_front();
  return task;
}

ThreadPool::Task ThreadPool::Core::wait_for_task(MutexLock& lock) {
  Idle self;
  idle_.push_back(&self);
  const Clock::time_point end = Clock::now() + options_.idle_time;
  while (!self.woken && !stopped_) {
    if (!self.wake.wait_until(lock, end) && !self.woken) break;
  }
  // Whoever wakes it takes it out of the list.
  if (!self.woken) idle_.erase(std::find(idle_.begin(), idle_.end(), &self));
  return std::move(self.task);
}

void ThreadPool::Core::end_thread(bool replace) noexcept {
  --threads_;
  if (stopped_) ended_.notify_all();
  if (!replace || stopped_ || tasks_.empty()) return;
  try {
    start_thread();
  } catch (...) {
    // The tasks wait for the threads that exist, or for the next post().
  }
}

bool ThreadPool::Core::stop(std::chrono::milliseconds patience) noexcept {
  std::deque<Task> dropped;  // Destroyed after the lock.
  const Clock::time_point end = Clock::now() + patience;
  MutexLock lock(mutex_);
  stopped_ = true;
  dropped.swap(tasks_);
  for (Idle* const idle : idle_) idle->wake.notify_one();
  while (threads_ > 0 && ended_.wait_until(lock, end)) {
  }
  return threads_ == 0;
}

ThreadPool::Counts ThreadPool::Core::counts() {
  const MutexLock lock(mutex_);
  return {threads_, idle_.size(), tasks_.size()};
}

ThreadPool::ThreadPool(const Options& options) : core_(std::make_shared<Core>(options)) {}

ThreadPool::~ThreadPool() { core_->stop(std::chrono::milliseconds(0)); }

bool ThreadPool::post(Task task) { return core_->post(task); }

bool ThreadPool::stop(std::chrono::milliseconds patience) noexcept { return core_->stop(patience); }

ThreadPool::Counts ThreadPool::counts() const { return core_->counts(); }

void ThreadPool::note_progress() noexcept {
#if defined(__linux__)
  if (running == nullptr || running->lowered || Clock::now() - running->since < kLongTask) return;
  running->lowered = true;
  static_cast<void>(setpriority(PRIO_PROCESS, 0, kLowestPriority));
#endif
}

}  // namespace libsql::core
