// Mutex, lock and condition variable that Clang's thread-safety analysis understands.
// Source: clang.llvm.org/docs/ThreadSafetyAnalysis.html
#ifndef LIBSQL_CORE_MUTEX_H_
#define LIBSQL_CORE_MUTEX_H_

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define LIBSQL_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define LIBSQL_THREAD_ATTRIBUTE(x)
#endif

#define LIBSQL_CAPABILITY(x) LIBSQL_THREAD_ATTRIBUTE(capability(x))
#define LIBSQL_SCOPED_CAPABILITY LIBSQL_THREAD_ATTRIBUTE(scoped_lockable)
// The member may be used only while `x` is held.
#define LIBSQL_GUARDED_BY(x) LIBSQL_THREAD_ATTRIBUTE(guarded_by(x))
// What the pointer points to may be used only while `x` is held.
#define LIBSQL_PT_GUARDED_BY(x) LIBSQL_THREAD_ATTRIBUTE(pt_guarded_by(x))
// The caller holds, or does not hold, the mutexes.
#define LIBSQL_REQUIRES(...) LIBSQL_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define LIBSQL_EXCLUDES(...) LIBSQL_THREAD_ATTRIBUTE(locks_excluded(__VA_ARGS__))
#define LIBSQL_ACQUIRE(...) LIBSQL_THREAD_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define LIBSQL_RELEASE(...) LIBSQL_THREAD_ATTRIBUTE(release_capability(__VA_ARGS__))
#define LIBSQL_TRY_ACQUIRE(...) LIBSQL_THREAD_ATTRIBUTE(try_acquire_capability(__VA_ARGS__))
// The function returns that mutex.
#define LIBSQL_RETURNS(x) LIBSQL_THREAD_ATTRIBUTE(lock_returned(x))
// The analysis takes the mutex for held after the call: for a lock in a member, which it cannot
// follow.
#define LIBSQL_ASSERTS(x) LIBSQL_THREAD_ATTRIBUTE(assert_capability(x))
#define LIBSQL_NO_THREAD_SAFETY_ANALYSIS LIBSQL_THREAD_ATTRIBUTE(no_thread_safety_analysis)

namespace libsql::core {

class LIBSQL_CAPABILITY("mutex") Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;
  ~Mutex() = default;

  void lock() LIBSQL_ACQUIRE() { mutex_.lock(); }
  void unlock() LIBSQL_RELEASE() { mutex_.unlock(); }
  bool try_lock() LIBSQL_TRY_ACQUIRE(true) { return mutex_.try_lock(); }

 private:
  friend class MutexLock;
  std::mutex mutex_;
};

// A mutex with a bounded wait.
class LIBSQL_CAPABILITY("mutex") TimedMutex {
 public:
  TimedMutex() = default;
  TimedMutex(const TimedMutex&) = delete;
  TimedMutex& operator=(const TimedMutex&) = delete;
  ~TimedMutex() = default;

  void lock() LIBSQL_ACQUIRE() { mutex_.lock(); }
  void unlock() LIBSQL_RELEASE() { mutex_.unlock(); }
  bool try_lock() LIBSQL_TRY_ACQUIRE(true) { return mutex_.try_lock(); }
  bool try_lock_for(std::chrono::milliseconds time) LIBSQL_TRY_ACQUIRE(true) {
    return mutex_.try_lock_for(time);
  }

 private:
  std::timed_mutex mutex_;
};

// Releases a mutex that is already held, at the end of the scope.
class LIBSQL_SCOPED_CAPABILITY HeldLock {
 public:
  explicit HeldLock(TimedMutex& mutex) LIBSQL_REQUIRES(mutex) : mutex_(mutex) {}
  HeldLock(const HeldLock&) = delete;
  HeldLock& operator=(const HeldLock&) = delete;
  ~HeldLock() LIBSQL_RELEASE() { mutex_.unlock(); }

 private:
  TimedMutex& mutex_;
};

// Holds a mutex for a scope; may be unlocked and locked again within it.
class LIBSQL_SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) LIBSQL_ACQUIRE(mutex) : lock_(mutex.mutex_) {}
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;
  ~MutexLock() LIBSQL_RELEASE() = default;

  void lock() LIBSQL_ACQUIRE() { lock_.lock(); }
  void unlock() LIBSQL_RELEASE() { lock_.unlock(); }

 private:
  friend class CondVar;
  std::unique_lock<std::mutex> lock_;
};

// A condition variable. Waits may end spuriously: call them in a loop.
class CondVar {
 public:
  void wait(MutexLock& lock) { condition_.wait(lock.lock_); }
  // False when `deadline` has passed.
  bool wait_until(MutexLock& lock, std::chrono::steady_clock::time_point deadline) {
    return condition_.wait_until(lock.lock_, deadline) == std::cv_status::no_timeout;
  }
  void notify_one() noexcept { condition_.notify_one(); }
  void notify_all() noexcept { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace libsql::core

#endif  // LIBSQL_CORE_MUTEX_H_
