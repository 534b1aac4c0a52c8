// What only a session with a replica has.
#ifndef LIBSQL_CORE_REPLICA_CONTROL_H_
#define LIBSQL_CORE_REPLICA_CONTROL_H_

#include "libsql/replica.h"

namespace libsql::core {

// See the public Connection for the contract of each call.
//
// Threads: thread-safe.
class ReplicaControl {
 public:
  ReplicaControl() = default;
  ReplicaControl(const ReplicaControl&) = delete;
  ReplicaControl& operator=(const ReplicaControl&) = delete;
  virtual ~ReplicaControl() = default;

  virtual SyncReport sync(const SyncRequest& request) = 0;
  [[nodiscard]] virtual ReplicaStatus replica_status() const = 0;
  virtual void freeze() = 0;
};

}  // namespace libsql::core

#endif  // LIBSQL_CORE_REPLICA_CONTROL_H_
