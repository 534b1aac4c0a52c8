// The numbers by which requests, streams and cursors of a WebSocket are told apart.
#ifndef LIBSQL_REMOTE_SOCKET_IDS_H_
#define LIBSQL_REMOTE_SOCKET_IDS_H_

#include <cstdint>
#include <vector>

#include "core/mutex.h"

namespace libsql::remote {

// Numbers from 0 on. One that was given back is given again, so that they stay small and no two
// things in use ever have the same.
//
// Threads: thread-safe.
class SocketIds {
 public:
  [[nodiscard]] std::int32_t take() {
    const core::MutexLock lock(mutex_);
    if (free_.empty()) return next_++;
    const std::int32_t id = free_.back();
    free_.pop_back();
    return id;
  }
  void give_back(std::int32_t id) {
    const core::MutexLock lock(mutex_);
    free_.push_back(id);
  }
  // Those that were taken and not given back.
  [[nodiscard]] std::int64_t in_use() const {
    const core::MutexLock lock(mutex_);
    return next_ - static_cast<std::int64_t>(free_.size());
  }

 private:
  mutable core::Mutex mutex_;
  std::vector<std::int32_t> free_ LIBSQL_GUARDED_BY(mutex_);
  std::int32_t next_ LIBSQL_GUARDED_BY(mutex_) = 0;
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_SOCKET_IDS_H_
