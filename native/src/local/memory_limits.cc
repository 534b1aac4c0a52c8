#include "local/memory_limits.h"

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include <sqlite3.h>

#include "core/mutex.h"
#include "core/sql_pragma.h"
#include "libsql/error.h"
#include "local/sqlite.h"

namespace libsql::local {

namespace {

core::Mutex mutex;
std::optional<MemoryLimits> current LIBSQL_GUARDED_BY(mutex);
std::atomic<bool> is_set{false};

std::string text_of(const MemoryLimits& limits) {
  return "soft " + std::to_string(limits.soft) + ", hard " + std::to_string(limits.hard);
}

// SQLite obeys the limits only while it counts its memory.
bool counts_memory() noexcept {
  const std::unique_ptr<void, SqliteFree> some(sqlite3_malloc(64));
  return sqlite3_memory_used() > 0;
}

}  // namespace

void limit_memory(const MemoryLimits& limits) {
  if (limits.soft < 0 || limits.hard < 0) {
    throw Error(ErrorKind::invalid_argument, "a limit of memory is a number of bytes, or 0");
  }
  const core::MutexLock lock(mutex);
  if (current) {
    if (current->soft == limits.soft && current->hard == limits.hard) return;
    throw Error(ErrorKind::misuse,
                "the limits of SQLite's memory belong to the whole process, and are (" +
                    text_of(*current) + ") already: (" + text_of(limits) + ") is refused");
  }
  const bool limited = limits.soft > 0 || limits.hard > 0;
  // Fails if SQLite is in use already: then it stays as it is.
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, limited ? 1 : 0);
  if (limited) {
    if (!counts_memory()) {
      throw Error(ErrorKind::misuse,
                  "SQLite is in use in this process and does not count its memory: set the limits "
                  "before the first connection");
    }
    sqlite3_soft_heap_limit64(limits.soft);
    sqlite3_hard_heap_limit64(limits.hard);
  }
  current = limits;
  is_set = true;
}

void refuse_memory_limit(std::string_view pragma) {
  if (!is_set || pragma.find_first_of("=(") == std::string_view::npos) return;
  if (!core::is_pragma(pragma, "SOFT_HEAP_LIMIT") && !core::is_pragma(pragma, "HARD_HEAP_LIMIT"))
    return;
  throw Error(
      ErrorKind::unsupported,
      "the limits of SQLite's memory belong to the whole process: set them once, before the "
      "first connection (config :ecto_libsql, soft_heap_limit: bytes, hard_heap_limit: bytes)");
}

}  // namespace libsql::local
