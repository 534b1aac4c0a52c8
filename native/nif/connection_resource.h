// A connection as a resource of the VM: the library's connection, what is open on it, and the
// processes that keep it alive.
#ifndef LIBSQL_NIF_CONNECTION_RESOURCE_H_
#define LIBSQL_NIF_CONNECTION_RESOURCE_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <erl_nif.h>

#include "core/live_count.h"
#include "core/mutex.h"
#include "events.h"
#include "job_queue.h"
#include "libsql/connection.h"
#include "registry.h"
#include "resource.h"
#include "ticket.h"

namespace libsql::nif {

struct State;
class ConnectionObject;

// The resource behind a state in Elixir: a process that has its term keeps the connection alive.
struct Handle {
  explicit Handle(ConnectionPtr held) noexcept : connection(std::move(held)) {}
  const ConnectionPtr connection;
};

// Monitors processes for a connection: its owner, and whoever has a transaction open.
class ProcessMonitor {
 public:
  explicit ProcessMonitor(std::weak_ptr<ConnectionObject> connection) noexcept
      : connection_(std::move(connection)) {}
  // Called by the VM. Does not block.
  void process_down(ErlNifEnv* env, const ErlNifPid& pid) noexcept;

 private:
  const std::weak_ptr<ConnectionObject> connection_;
};

// The process that has the transaction open.
//
// Threads: thread-safe. The mutex is held while the library interrupts, which takes its own, so
// that the interrupt cannot hit a transaction of somebody else.
class TransactionOwner {
 public:
  void set(const ErlNifPid& pid) noexcept LIBSQL_EXCLUDES(mutex_);
  void clear() noexcept LIBSQL_EXCLUDES(mutex_);
  [[nodiscard]] bool is(const ErlNifPid& pid) noexcept LIBSQL_EXCLUDES(mutex_);
  // Interrupts `connection` if the owner is `pid`; false if it is not.
  [[nodiscard]] bool interrupt_if(const ErlNifPid& pid, Connection& connection) noexcept
      LIBSQL_EXCLUDES(mutex_);

 private:
  core::Mutex mutex_;
  std::optional<ErlNifPid> pid_ LIBSQL_GUARDED_BY(mutex_);
};

// What a call may touch while it holds the connection's mutex.
struct ConnectionContents {
  explicit ConnectionContents(Connection opened) noexcept : connection(std::move(opened)) {}

  Connection connection;
  // The latest state whose owner was noted (see note_transaction()).
  std::uint64_t noted = 0;
  // The process last monitored for that.
  std::optional<ErlNifPid> monitored;
  ErlNifMonitor monitor{};
  // The library's observer is set.
  bool observing = false;
  // Time spent on normal schedulers that has not been charged to a process yet.
  std::chrono::nanoseconds uncharged_time{0};
};

// Owned by handles, by the registry while its owner lives, and by each call that uses it. When the
// last of these goes, the reaper closes it: make it with open() only.
class ConnectionObject : public std::enable_shared_from_this<ConnectionObject> {
 public:
  // Takes over a connection, makes its id known and monitors its owner.
  [[nodiscard]] static ConnectionPtr open(const std::shared_ptr<State>& state,
                                          const ErlNifPid& owner, Connection connection);

  ConnectionObject(std::shared_ptr<State> state, Connection connection, const ErlNifPid& owner);
  ConnectionObject(const ConnectionObject&) = delete;
  ConnectionObject& operator=(const ConnectionObject&) = delete;
  ~ConnectionObject() = default;

  // --- Any thread, at any time, without the mutex ---

  [[nodiscard]] const std::string& id() const noexcept { return id_; }
  [[nodiscard]] const std::shared_ptr<State>& state() const noexcept { return state_; }
  [[nodiscard]] bool is_open() const noexcept { return !closing_; }
  [[nodiscard]] TicketTable& tickets() noexcept { return tickets_; }
  [[nodiscard]] Subscribers& subscribers() noexcept { return subscribers_; }
  [[nodiscard]] const std::shared_ptr<JobQueue>& jobs() const noexcept { return jobs_; }
  // Stops the running statement and cancels the tickets of waiting processes.
  void interrupt() noexcept;
  // The number of interrupts so far. A call compares it, so that an interrupt between its pass on a
  // normal scheduler and the one on a thread of ours is not lost.
  [[nodiscard]] std::uint64_t interrupts() const noexcept { return interrupts_; }
  // Errors: unsupported.
  [[nodiscard]] std::int64_t busy_timeout() const;
  // See Connection::answers_later().
  [[nodiscard]] bool answers_later() const noexcept { return answers_later_; }
  // Whether any of its requests runs on the thread that starts it: those of a replica that read.
  [[nodiscard]] bool runs_here() const noexcept { return runs_here_; }
  // Gives up a request that is pending.
  void cancel(const Receiver& receiver) noexcept { interruptible().cancel(receiver); }
  // As note_transaction(), for an answer that came later: the reaper does it, if anything is to be
  // noted. Answers may come in any order.
  void note_later(const ErlNifPid& caller, const SessionState& state) noexcept;

  // --- With the mutex ---

  [[nodiscard]] core::TimedMutex& mutex() noexcept LIBSQL_RETURNS(mutex_) { return mutex_; }
  [[nodiscard]] ConnectionContents& contents() noexcept LIBSQL_REQUIRES(mutex_) {
    return contents_;
  }
  // To be called after each call: if the caller has opened a transaction, monitors it as the owner;
  // forgets the owner if the transaction has ended.
  void note_transaction(ErlNifEnv* env, const ErlNifPid& caller, const SessionState& state)
      LIBSQL_REQUIRES(mutex_);
  // To be called after each call, which may have changed the busy timeout (also by PRAGMA).
  void note_busy_timeout() LIBSQL_REQUIRES(mutex_);

  // --- Blocking: threads of ours ---

  // Interrupts, rolls back, closes. False if somebody else has done so.
  bool close() noexcept LIBSQL_EXCLUDES(mutex_);
  // If `pid` has a transaction open, interrupts and rolls back.
  void roll_back_after(const ErlNifPid& pid) noexcept LIBSQL_EXCLUDES(mutex_);

  // A process that was monitored has died. Does not block.
  void process_down(const ErlNifPid& pid) noexcept;

 private:
  void monitor_owner();
  [[nodiscard]] bool monitor_transaction_owner(ErlNifEnv* env, const ErlNifPid& caller) noexcept
      LIBSQL_REQUIRES(mutex_);
  void close_contents() noexcept LIBSQL_REQUIRES(mutex_);
  // The same without waiting for the answer.
  void roll_back_later(const ErlNifPid& pid) noexcept LIBSQL_EXCLUDES(mutex_);
  // The owner of this state's transaction has been noted.
  [[nodiscard]] bool knows(const SessionState& state) const noexcept;
  void forget_owner() noexcept;
  // For its interrupt() and cancel() alone, which any thread may call without the mutex.
  [[nodiscard]] Connection& interruptible() noexcept LIBSQL_NO_THREAD_SAFETY_ANALYSIS {
    return contents_.connection;
  }

  const std::shared_ptr<State> state_;
  const std::string id_;
  const ErlNifPid owner_;
  const bool answers_later_;
  const bool runs_here_;
  std::optional<core::LiveCount> count_;  // until close()

  std::atomic<bool> closing_{false};
  std::atomic<std::uint64_t> interrupts_{0};
  std::atomic<std::int64_t> busy_timeout_{0};
  // The transaction whose owner is known, 0 for none. Written with the mutex.
  std::atomic<std::uint64_t> owned_transaction_{0};
  std::atomic<int> notes_under_way_{0};  // of note_later()
  TicketTable tickets_;
  Subscribers subscribers_;
  const std::shared_ptr<JobQueue> jobs_ = std::make_shared<JobQueue>();
  TransactionOwner transaction_owner_;
  ResourcePtr<ProcessMonitor> process_monitor_;  // Set once, before the object is shared.

  core::TimedMutex mutex_;
  ConnectionContents contents_ LIBSQL_GUARDED_BY(mutex_);
};

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_CONNECTION_RESOURCE_H_
