// Subscriptions: one observer per connection in the library, any number of processes here.
#ifndef LIBSQL_NIF_EVENTS_H_
#define LIBSQL_NIF_EVENTS_H_

#include <cstdint>
#include <memory>
#include <vector>

#include <erl_nif.h>

#include "core/mutex.h"
#include "libsql/events.h"
#include "resource.h"

namespace libsql::nif {

struct State;
class ConnectionObject;

// The events that a process subscribes to; one bit for each name of subscribe/3.
struct EventMask {
  static constexpr unsigned kUpdate = 1;
  static constexpr unsigned kCommit = 2;
  static constexpr unsigned kRollback = 4;
  static constexpr unsigned kWal = 8;
  unsigned bits = 0;
};

// The reference that subscribe/3 returns. Its connection's list owns it.
class Subscription {
 public:
  Subscription(std::weak_ptr<ConnectionObject> connection, const ErlNifPid& pid,
               EventMask mask) noexcept;

  [[nodiscard]] const ErlNifPid& pid() const noexcept { return pid_; }
  [[nodiscard]] bool wants(const Event& event) const noexcept;
  // Called by the VM: the subscriber is dead.
  void process_down(ErlNifEnv* env, const ErlNifPid& pid) noexcept;

 private:
  const std::weak_ptr<ConnectionObject> connection_;
  const ErlNifPid pid_;
  const EventMask mask_;
};

// The subscriptions of one connection.
//
// Threads: thread-safe; messages are sent without the lock.
class Subscribers {
 public:
  void add(ResourcePtr<Subscription> subscription) LIBSQL_EXCLUDES(mutex_);
  // False if it was not there.
  bool remove(const Subscription* subscription) noexcept LIBSQL_EXCLUDES(mutex_);
  void clear() noexcept LIBSQL_EXCLUDES(mutex_);
  [[nodiscard]] bool empty() const noexcept LIBSQL_EXCLUDES(mutex_);
  // Sends the event to everybody whose mask names it.
  void notify(State& state, const Event& event) LIBSQL_EXCLUDES(mutex_);

 private:
  mutable core::Mutex mutex_;
  std::vector<ResourcePtr<Subscription>> list_ LIBSQL_GUARDED_BY(mutex_);
};

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_EVENTS_H_
