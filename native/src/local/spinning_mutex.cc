#include "local/spinning_mutex.h"

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <new>
#include <thread>

#include <sqlite3.h>

// SQLite declares this type, the implementation defines it. Source: sqlite.org/c3ref/mutex.html
struct sqlite3_mutex {
  std::mutex mutex;
  bool recursive = false;
  // For recursive mutexes; `depth` is guarded by `mutex`.
  std::atomic<std::thread::id> owner;
  int depth = 0;
};

namespace libsql::local {

namespace {

// About a microsecond: longer than SQLite holds the mutexes that connections share, and far
// shorter than a thread takes to sleep and wake up.
constexpr int kTries = 50;

void relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");
#else
  std::this_thread::yield();
#endif
}

bool is_owned(const sqlite3_mutex* mutex) noexcept {
  return mutex->owner.load(std::memory_order_relaxed) == std::this_thread::get_id();
}

// For SQLite's assertions. Only recursive mutexes know their owner; the others return true for
// both.
int is_held(sqlite3_mutex* mutex) noexcept { return !mutex->recursive || is_owned(mutex) ? 1 : 0; }
int is_not_held(sqlite3_mutex* mutex) noexcept {
  return !mutex->recursive || !is_owned(mutex) ? 1 : 0;
}

bool enter_again(sqlite3_mutex* mutex) noexcept {
  if (!mutex->recursive || !is_owned(mutex)) return false;
  ++mutex->depth;
  return true;
}

void note_entry(sqlite3_mutex* mutex) noexcept {
  if (!mutex->recursive) return;
  mutex->owner.store(std::this_thread::get_id(), std::memory_order_relaxed);
  mutex->depth = 1;
}

int try_enter(sqlite3_mutex* mutex) noexcept {
  if (enter_again(mutex)) return SQLITE_OK;
  if (!mutex->mutex.try_lock()) return SQLITE_BUSY;
  note_entry(mutex);
  return SQLITE_OK;
}

void enter(sqlite3_mutex* mutex) noexcept {
  for (int i = 0; i < kTries; ++i) {
    if (try_enter(mutex) == SQLITE_OK) return;
    relax();
  }
  mutex->mutex.lock();
  note_entry(mutex);
}

void leave(sqlite3_mutex* mutex) noexcept {
  if (mutex->recursive) {
    if (--mutex->depth > 0) return;
    mutex->owner.store({}, std::memory_order_relaxed);
  }
  mutex->mutex.unlock();
}

// The static ones are numbered from 2, of which today's SQLite has twelve.
sqlite3_mutex* allocate(int type) noexcept {
  static std::array<sqlite3_mutex, 32> statics;
  if (type > SQLITE_MUTEX_RECURSIVE) {
    const auto index = static_cast<std::size_t>(type);
    return index < statics.size() ? &statics[index] : nullptr;
  }
  std::unique_ptr<sqlite3_mutex> mutex(new (std::nothrow) sqlite3_mutex);
  if (mutex) mutex->recursive = type == SQLITE_MUTEX_RECURSIVE;
  return mutex.release();
}

void free(sqlite3_mutex* mutex) noexcept { const std::unique_ptr<sqlite3_mutex> owned(mutex); }

int nothing() noexcept { return SQLITE_OK; }

}  // namespace

bool install_spinning_mutexes() noexcept {
  const sqlite3_mutex_methods methods = {nothing,   nothing, allocate, free,       enter,
                                         try_enter, leave,   is_held,  is_not_held};
  return sqlite3_config(SQLITE_CONFIG_MUTEX, &methods) == SQLITE_OK;
}

}  // namespace libsql::local
