// Exclusive use of a connection for one pass of a call, with the limits of the scheduler it runs
// on. Refuses calls whose transaction has ended, or was rolled back by SQLite.
#ifndef LIBSQL_NIF_EXECUTOR_H_
#define LIBSQL_NIF_EXECUTOR_H_

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "connection_resource.h"
#include "core/mutex.h"
#include "core/turns.h"
#include "later_answer.h"
#include "libsql/connection.h"
#include "libsql/request.h"
#include "reply.h"
#include "run.h"
#include "ticket.h"

namespace libsql::nif {

// Holds the connection's mutex and sets the limits of the scheduler: on a normal one a budget and
// no waiting; on a thread of ours a deadline, and a cancel check that stops when nobody waits for
// the answer any more.
class LockedConnection final : public CallSite {
 public:
  // Only with owns_lock() may the rest be called; without it, leave_scheduler().
  LockedConnection(Call& call, ConnectionPtr connection);
  LockedConnection(const LockedConnection&) = delete;
  LockedConnection& operator=(const LockedConnection&) = delete;
  ~LockedConnection() override;

  [[nodiscard]] bool owns_lock() const noexcept { return lock_.owns_lock(); }
  [[nodiscard]] Call& call() noexcept { return call_; }
  [[nodiscard]] Term leave_scheduler() { return call_.leave_scheduler(object_); }
  [[nodiscard]] ErlNifEnv* env() const noexcept { return call_.env(); }
  [[nodiscard]] const Atoms& atoms() const noexcept { return call_.atoms(); }
  [[nodiscard]] bool is_inline() const noexcept { return call_.is_inline(); }
  [[nodiscard]] ConnectionObject& object() noexcept { return *object_; }
  [[nodiscard]] ConnectionContents& contents() noexcept {
    assert_locked();
    return object_->contents();
  }
  [[nodiscard]] Connection& connection() noexcept { return contents().connection; }

  // Runs a request of the library within the limits of this place, and ends the pass with the term
  // to return from the NIF.
  [[nodiscard]] Term run(const Request& request, Reply& reply);
  // The same for calls that are no requests: refuses those whose transaction is not open, then
  // returns what `body` does.
  template <typename Body>
  [[nodiscard]] Term run_body(Body&& body) {
    if (object_->answers_later()) {
      check_latest_state();
    } else {
      Reply status(env(), atoms());
      status.run_at(*this);
      static_cast<void>(connection().start(request::Status{}, limits(), status));
      if (status.term() != atoms().ok) return complete(status.term(), status.state());
    }
    const Term answer = body(*this);
    return complete(answer, connection().is_open() ? connection().state() : SessionState{});
  }
  // Ends the pass with an error that was thrown.
  [[nodiscard]] Term fail(Term error);
  // Nobody waits for the answer any more, or the connection has been interrupted.
  [[nodiscard]] bool is_cancelled();
  // What runs may be answered before its end while it does nothing but read. Outside of a
  // transaction, where it holds nobody up, it also takes turns with others if it runs for long.
  void only_reads(bool only_reads) override;
  [[nodiscard]] std::function<void()> on_turn() override;
  void queued(const std::shared_ptr<WriteTicket>& place) override;
  [[nodiscard]] std::shared_ptr<Receiver> detach(const Reply& reply) override;

 private:
  // Asserts owns_lock() for Clang's analysis, which cannot follow the lock into a member.
  void assert_locked() const noexcept LIBSQL_ASSERTS(object_->mutex()) {}
  void lock_inline();
  void lock_elsewhere();
  void check_interrupts() const;
  [[nodiscard]] bool is_over() const;  // its deadline has passed

  [[nodiscard]] Limits limits() const;
  // Refuses a call whose transaction was not open when the latest answer came.
  void check_latest_state();
  [[nodiscard]] std::optional<std::uint64_t> transaction() const;
  [[nodiscard]] Term leave();
  [[nodiscard]] Term wait_for_answer();
  [[nodiscard]] Term wait_in_queue();
  [[nodiscard]] Term complete(Term result, const SessionState& state);
  void charge_time() noexcept;

  Call& call_;
  const ConnectionPtr object_;
  std::unique_lock<core::TimedMutex> lock_;
  std::optional<core::Turns::Computation> turns_;  // on a thread of ours
  std::chrono::steady_clock::time_point started_;
  bool takes_turns_ = false;
  ResourcePtr<Ticket> ticket_;          // Once the request is queued.
  std::shared_ptr<LaterAnswer> later_;  // Once the answer comes later.
};

// Calls `use(locked)` with a connection, or leaves the scheduler. Errors end the pass as well.
template <typename Use>
[[nodiscard]] Term with_lock(Call& call, ConnectionPtr connection, Use&& use) {
  LockedConnection locked(call, std::move(connection));
  if (!locked.owns_lock()) return locked.leave_scheduler();
  try {
    return use(locked);
  } catch (...) {
    return locked.fail(current_error(call));
  }
}

// Runs a request on a connection; without one, on that which argument 0 names.
[[nodiscard]] inline Term run_request(Call& call, ConnectionPtr connection, const Request& request,
                                      Reply& reply) {
  return with_lock(call, std::move(connection),
                   [&](LockedConnection& locked) { return locked.run(request, reply); });
}
[[nodiscard]] inline Term run_request(Call& call, const Request& request, Reply& reply) {
  return run_request(call, call.connection(0), request, reply);
}

// Runs `body(locked)`, which returns a term, with the connection that argument 0 names.
template <typename Body>
[[nodiscard]] Term with_connection(Call& call, Body&& body) {
  return with_lock(call, call.connection(0), [&](LockedConnection& locked) {
    return locked.run_body(std::forward<Body>(body));
  });
}

// The same for calls that answer :ok.
template <typename Body>
[[nodiscard]] Term with_connection_ok(Call& call, Body&& body) {
  return with_connection(call, [&](LockedConnection& locked) -> Term {
    body(locked);
    return call.atoms().ok;
  });
}

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_EXECUTOR_H_
