#include "core/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "core/mutex.h"
#include "core/named_thread.h"
#include "libsql/error.h"

namespace libsql::core {

namespace {

using Clock = std::chrono::steady_clock;

// A task that runs shorter than this ends so soon that a waiting one need not wake a thread.
constexpr std::chrono::microseconds kShortTask{100};
// How long a thread without a task looks for one before it sleeps: waking it takes 5 to 15 us.
constexpr std::chrono::microseconds kSpin{20};
// A sleep that a task has ended within kSpin, and the waking.
constexpr std::chrono::microseconds kShortSleep{40};
// How often the watching thread looks whether a task waits too long, and for how many times in vain
// before it sleeps.
constexpr std::chrono::microseconds kWatchInterval{200};
constexpr int kWatches = 10;

void relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// A thread of a pool.
struct Worker {
  Clock::time_point since;  // when its task has begun
  bool woken = false;       // while it is idle: it has been taken out of the idle ones
  bool watches = false;
  // Its latest sleep was so short that looking for a task would have found the one that ended it.
  bool spins = true;
  CondVar wake;
  // Among the busy ones.
  Worker* older = nullptr;
  Worker* newer = nullptr;
};

const std::size_t kProcessors = std::max(1U, std::thread::hardware_concurrency());
// As many threads look for a task at a time: somebody needs a processor to post one.
const std::size_t kMostSpinning = std::max<std::size_t>(1, kProcessors - 1);

// Destroys what the task owns, too.
void run(ThreadPool::Task& task) noexcept {
  try {
    task();
  } catch (...) {
    // Nobody waits for it: a task reports its own errors.
  }
  task = {};
}

}  // namespace

// What the pool and its threads share.
class ThreadPool::Core : public std::enable_shared_from_this<Core> {
 public:
  explicit Core(const Options& options) noexcept
      : idle_time_(options.idle_time), most_threads_(options.most_threads) {}

  [[nodiscard]] bool post(Task& task) LIBSQL_EXCLUDES(mutex_);
  bool stop(std::chrono::milliseconds patience) noexcept LIBSQL_EXCLUDES(mutex_);
  void set_most_threads(std::size_t count) noexcept { most_threads_ = count; }
  [[nodiscard]] Counts counts() LIBSQL_EXCLUDES(mutex_);

 private:
  void start_thread(bool watches) LIBSQL_REQUIRES(mutex_);
  void run_thread(bool watches) noexcept LIBSQL_EXCLUDES(mutex_);
  void arrive(Worker& self, MutexLock& lock) LIBSQL_REQUIRES(mutex_);
  [[nodiscard]] Task take_task(Worker& self) LIBSQL_REQUIRES(mutex_);
  void end_task(Worker& self) noexcept LIBSQL_REQUIRES(mutex_);

  // A task has been added: sees to it that some thread takes it soon.
  void call_thread() LIBSQL_REQUIRES(mutex_);
  void wake_or_start(bool watches) LIBSQL_REQUIRES(mutex_);
  // Whether as many threads as there are processors run tasks that have just begun.
  [[nodiscard]] bool all_busy_briefly() const noexcept LIBSQL_REQUIRES(mutex_);

  // Returns when there is one, or after kSpin.
  void look_for_task() const noexcept;
  void watch(Worker& self, MutexLock& lock) LIBSQL_REQUIRES(mutex_);
  // False if nobody has woken it in time.
  [[nodiscard]] bool sleep(Worker& self, MutexLock& lock) LIBSQL_REQUIRES(mutex_);

  const std::chrono::milliseconds idle_time_;
  std::atomic<std::size_t> most_threads_;
  Mutex mutex_;
  CondVar ended_;  // a thread has ended, while stop() waits
  std::deque<Task> tasks_ LIBSQL_GUARDED_BY(mutex_);
  std::atomic<std::size_t> waiting_{0};  // the size of tasks_, for the threads that spin
  std::uint64_t taken_ LIBSQL_GUARDED_BY(mutex_) = 0;
  // The last one became idle last: its stack and caches are warm.
  std::vector<Worker*> idle_ LIBSQL_GUARDED_BY(mutex_);
  Worker* newest_busy_ LIBSQL_GUARDED_BY(mutex_) = nullptr;
  std::size_t coming_ LIBSQL_GUARDED_BY(mutex_) = 0;  // woken or started, and not running yet
  std::size_t spinning_ LIBSQL_GUARDED_BY(mutex_) = 0;
  bool watched_ LIBSQL_GUARDED_BY(mutex_) = false;
  std::size_t threads_ LIBSQL_GUARDED_BY(mutex_) = 0;
  std::size_t started_ LIBSQL_GUARDED_BY(mutex_) = 0;
  bool stopped_ LIBSQL_GUARDED_BY(mutex_) = false;
};

// Leaves `task` alone if it returns false or throws.
bool ThreadPool::Core::post(Task& task) {
  const MutexLock lock(mutex_);
  if (stopped_) return false;
  tasks_.push_back(std::move(task));
  waiting_.store(tasks_.size(), std::memory_order_release);
  try {
    call_thread();
  } catch (const std::system_error&) {
    if (threads_ > 0) return true;
    task = std::move(tasks_.back());
    tasks_.pop_back();
    waiting_.store(tasks_.size(), std::memory_order_release);
    throw Error(ErrorKind::out_of_memory,
                "the system refuses to start a thread for this call: raise the limit of threads "
                "(ulimit -u, or pids of the container), or lower :max_threads");
  }
  return true;
}

// A thread that spins takes the task by itself. Where all processors are busy with short tasks, one
// of them ends sooner than another thread wakes up; should it not, the watching thread sees it.
void ThreadPool::Core::call_thread() {
  if (tasks_.size() <= spinning_ + coming_) return;
  if (!all_busy_briefly()) return wake_or_start(false);
  if (!watched_) wake_or_start(true);
}

void ThreadPool::Core::wake_or_start(bool watches) {
  if (!idle_.empty()) {
    Worker* const worker = idle_.back();
    idle_.pop_back();
    worker->woken = true;
    worker->watches = watches;
    watched_ = watched_ || watches;
    if (!watches) ++coming_;
    worker->wake.notify_one();
    return;
  }
  if (threads_ < most_threads_) start_thread(watches);
}

bool ThreadPool::Core::all_busy_briefly() const noexcept {
  const Clock::time_point recently = Clock::now() - kShortTask;
  std::size_t count = coming_;
  if (count >= kProcessors) return true;
  for (const Worker* busy = newest_busy_; busy != nullptr && busy->since > recently;
       busy = busy->older) {
    if (++count == kProcessors) return true;
  }
  return false;
}

void ThreadPool::Core::start_thread(bool watches) {
  const std::string name = "libsql-" + std::to_string(++started_ % 100000000);
  core::start_thread(name.c_str(), [self = shared_from_this(), watches] {
    self->run_thread(watches);
  }).detach();
  ++threads_;
  watched_ = watched_ || watches;
  if (!watches) ++coming_;
}

void ThreadPool::Core::run_thread(bool watches) noexcept {
  Worker self;
  self.watches = watches;
  bool has_looked = true;  // for a task, since its last one
  MutexLock lock(mutex_);
  arrive(self, lock);
  while (!stopped_) {
    if (!tasks_.empty()) {
      Task task = take_task(self);
      lock.unlock();
      run(task);
      lock.lock();
      end_task(self);
      has_looked = false;
    } else if (!has_looked && self.spins && spinning_ < kMostSpinning) {
      ++spinning_;
      lock.unlock();
      look_for_task();
      lock.lock();
      --spinning_;
      has_looked = true;
    } else {
      if (!sleep(self, lock)) break;
      arrive(self, lock);
    }
  }
  --threads_;
  if (stopped_) ended_.notify_all();
}

// It has been started or woken.
void ThreadPool::Core::arrive(Worker& self, MutexLock& lock) {
  if (self.watches) {
    watch(self, lock);
  } else {
    --coming_;
  }
}

ThreadPool::Task ThreadPool::Core::take_task(Worker& self) {
  Task task = std::move(tasks_.front());
  tasks_.pop_front();
  waiting_.store(tasks_.size(), std::memory_order_release);
  ++taken_;
  self.since = Clock::now();
  self.older = newest_busy_;
  self.newer = nullptr;
  if (newest_busy_ != nullptr) newest_busy_->newer = &self;
  newest_busy_ = &self;
  return task;
}

void ThreadPool::Core::end_task(Worker& self) noexcept {
  (self.newer != nullptr ? self.newer->older : newest_busy_) = self.older;
  if (self.older != nullptr) self.older->newer = self.newer;
}

void ThreadPool::Core::look_for_task() const noexcept {
  const Clock::time_point end = Clock::now() + kSpin;
  do {
    for (int round = 0; round < 16 && waiting_.load(std::memory_order_acquire) == 0; ++round)
      relax();
  } while (waiting_.load(std::memory_order_acquire) == 0 && Clock::now() < end);
}

// Ends when a task has waited for a whole interval, which this thread then takes, or when there has
// been none for a while.
void ThreadPool::Core::watch(Worker& self, MutexLock& lock) {
  for (int round = 0; round < kWatches && !stopped_; ++round) {
    const std::uint64_t before = taken_;
    self.wake.wait_until(lock, Clock::now() + kWatchInterval);
    if (tasks_.empty()) continue;
    if (taken_ == before) break;
    round = 0;
  }
  self.watches = false;
  watched_ = false;
  if (tasks_.size() <= 1) return;
  try {
    wake_or_start(true);
  } catch (const std::system_error&) {
    // The tasks wait for the threads that exist.
  }
}

bool ThreadPool::Core::sleep(Worker& self, MutexLock& lock) {
  self.woken = false;
  idle_.push_back(&self);
  const Clock::time_point began = Clock::now();
  const Clock::time_point end = began + idle_time_;
  while (!self.woken && !stopped_) {
    if (!self.wake.wait_until(lock, end) && !self.woken) break;
  }
  self.spins = Clock::now() - began < kShortSleep;
  // Whoever wakes it takes it out of the list.
  if (!self.woken) idle_.erase(std::find(idle_.begin(), idle_.end(), &self));
  return self.woken;
}

bool ThreadPool::Core::stop(std::chrono::milliseconds patience) noexcept {
  std::deque<Task> dropped;  // Destroyed after the lock.
  const Clock::time_point end = Clock::now() + patience;
  MutexLock lock(mutex_);
  stopped_ = true;
  dropped.swap(tasks_);
  for (Worker* const idle : idle_) idle->wake.notify_one();
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

void ThreadPool::set_most_threads(std::size_t count) noexcept { core_->set_most_threads(count); }

ThreadPool::Counts ThreadPool::counts() const { return core_->counts(); }

}  // namespace libsql::core
