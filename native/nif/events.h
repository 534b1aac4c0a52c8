// Subscriptions: one observer per connection in the library, any number of processes here.
#ifndef LIBSQL_NIF_EVENTS_H_
#define LIBSQL_NIF_EVENTS_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <erl_nif.h>

#include "core/mutex.h"
#include "libsql/events.h"
#include "libsql/listening.h"
#include "resource.h"

namespace libsql::nif {

struct State;
class ConnectionObject;

// The events of a local database that a process subscribes to; one bit for each name of
// subscribe/3. None: those that a Listening gets.
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
  // The subscriber is.
  [[nodiscard]] bool is_dead() const noexcept { return dead_; }
  // Before it is added to the list: where its events come from.
  void set_listening(std::shared_ptr<Listening> listening) noexcept {
    listening_ = std::move(listening);
  }
  // It is in the list no more, though a term may keep it.
  void stop() const noexcept {
    if (listening_ != nullptr) listening_->stop();
  }
  // Called by the VM: the subscriber is dead.
  void process_down(ErlNifEnv* env, const ErlNifPid& pid) noexcept;

 private:
  const std::weak_ptr<ConnectionObject> connection_;
  const ErlNifPid pid_;
  const EventMask mask_;
  std::shared_ptr<Listening> listening_;
  std::atomic<bool> dead_{false};
};

// The subscriptions of one connection.
//
// Threads: thread-safe; messages are sent without the lock.
class Subscribers {
 public:
  // Does nothing if the subscriber is dead.
  void add(const ResourcePtr<Subscription>& subscription) LIBSQL_EXCLUDES(mutex_);
  // False if it was not there.
  bool remove(const Subscription* subscription) noexcept LIBSQL_EXCLUDES(mutex_);
  void clear() noexcept LIBSQL_EXCLUDES(mutex_);
  [[nodiscard]] bool empty() const noexcept LIBSQL_EXCLUDES(mutex_);
  // Sends the event to everybody whose mask names it.
  void notify(State& state, const Event& event) LIBSQL_EXCLUDES(mutex_);
  // Sends it to one subscriber, if it is still there.
  void notify(State& state, const Subscription* subscription, const Event& event)
      LIBSQL_EXCLUDES(mutex_);

 private:
  mutable core::Mutex mutex_;
  std::vector<ResourcePtr<Subscription>> list_ LIBSQL_GUARDED_BY(mutex_);
};

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_EVENTS_H_
