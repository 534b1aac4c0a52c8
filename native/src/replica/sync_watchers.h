// Who is told how a replica's syncs go.
#ifndef LIBSQL_REPLICA_SYNC_WATCHERS_H_
#define LIBSQL_REPLICA_SYNC_WATCHERS_H_

#include <memory>
#include <vector>

#include "core/mutex.h"
#include "libsql/replica.h"

namespace libsql::replica {

// Threads: thread-safe; observers are called without the lock.
class SyncWatchers {
 public:
  // Tells `observer` while what is returned lives.
  [[nodiscard]] std::shared_ptr<const SyncObserver> add(SyncObserver observer)
      LIBSQL_EXCLUDES(mutex_);
  // Of the observers with one name, the oldest.
  void tell(const SyncEvent& event) LIBSQL_EXCLUDES(mutex_);

 private:
  core::Mutex mutex_;
  std::vector<std::weak_ptr<const SyncObserver>> observers_ LIBSQL_GUARDED_BY(mutex_);
};

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_SYNC_WATCHERS_H_
