// Exclusive use of a connection for one pass of a call, with the limits of the scheduler it runs
// on. Refuses calls whose transaction has ended, or was rolled back by SQLite.
#ifndef LIBSQL_NIF_EXECUTOR_H_
#define LIBSQL_NIF_EXECUTOR_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

#include "connection_resource.h"
#include "core/mutex.h"
#include "core/turns.h"
#include "libsql/connection.h"
#include "params.h"
#include "run.h"

namespace libsql::nif {

// Limits of a pass on a normal scheduler; beyond them the call goes on on a thread of ours.
inline constexpr std::chrono::microseconds kInlineBudget{1000};
inline constexpr std::size_t kInlineSql = std::size_t{16} * 1024;
inline constexpr std::size_t kInlineBytes = std::size_t{64} * 1024;    // bound
inline constexpr std::size_t kInlineResult = std::size_t{256} * 1024;  // read

// How a call goes on whose body returned no result.
enum class Continuation : std::uint8_t {
  dirty_scheduler,  // the body runs again, from its beginning, on a thread of ours
  write_ticket,     // the caller gets {:wait, ticket}, and repeats the call with the write lock
};

// What a body returns: the result's term, or how the call goes on.
class Answer {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): a result is an answer
  Answer(Term term) noexcept : term_(term) {}
  // NOLINTNEXTLINE(google-explicit-constructor): as above
  Answer(Continuation continuation) noexcept : continuation_(continuation) {}
  [[nodiscard]] std::optional<Continuation> continuation() const noexcept { return continuation_; }
  [[nodiscard]] Term term() const noexcept { return term_; }

 private:
  Term term_ = 0;
  std::optional<Continuation> continuation_;
};

// Holds the connection's mutex and sets the limits of the scheduler: on a normal one a budget and
// no waiting; on a thread of ours a deadline, and a cancel check that stops when nobody waits for
// the answer any more.
class LockedConnection {
 public:
  // Only with owns_lock() may the rest be called; without it, leave_scheduler().
  LockedConnection(Call& call, ConnectionPtr connection);
  LockedConnection(const LockedConnection&) = delete;
  LockedConnection& operator=(const LockedConnection&) = delete;
  ~LockedConnection();

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

  // Errors: not_found, foreign, or misuse when SQLite has rolled it back, unless the transaction
  // that the call names is the one open on the connection. Checked when the connection is locked;
  // what runs several statements asks before each, since the one before may have ended it.
  void check_transaction();
  // May this much work be done here?
  [[nodiscard]] bool allows(StatementCost cost) const noexcept {
    return !is_inline() || cost != StatementCost::unbounded;
  }
  // The result of a statement without rows. Members of a batch share it.
  [[nodiscard]] Term result_without_rows(StatementKind kind, std::int64_t count);
  // The body writes: if it would block because another connection has the write lock, the call
  // queues for it at once.
  void will_write() noexcept { will_write_ = true; }
  // Whether what runs does nothing but read: the caller may then be answered before its end.
  // Outside of a transaction, where it holds nobody up, it also takes turns with others if it runs
  // for long.
  void only_reads(bool only_reads);
  // Takes the file's write lock, if it is free, until the end of this pass. False: return
  // Continuation::write_ticket.
  [[nodiscard]] bool hold_write();
  // Waits for the write lock on this thread, one of ours: for rare calls that do not return
  // {:wait, ticket}.
  void wait_for_write();

  // Ends the pass with the term to return from the NIF.
  [[nodiscard]] Term finish(const Answer& answer);
  // The same for an error of the library: would_block becomes a continuation or a ticket.
  [[nodiscard]] Term finish(const Error& error);

 private:
  // Asserts owns_lock() for Clang's analysis, which cannot follow the lock into a member.
  void assert_locked() const noexcept LIBSQL_ASSERTS(object_->mutex()) {}
  void lock_inline();
  void lock_elsewhere();
  void check_interrupts() const;
  [[nodiscard]] bool is_cancelled();
  [[nodiscard]] bool is_over() const;  // its deadline has passed

  [[nodiscard]] Term leave();
  [[nodiscard]] Term wait();
  [[nodiscard]] Term complete(Term result);
  void end_write_hold() noexcept;
  void charge_time() noexcept;

  Call& call_;
  const ConnectionPtr object_;
  std::unique_lock<core::TimedMutex> lock_;
  std::optional<core::Turns::Computation> turns_;  // on a thread of ours
  std::chrono::steady_clock::time_point started_;
  std::uint64_t transaction_ = 0;  // Of the transaction that the call names, once it is known.
  struct WithoutRows {
    StatementKind kind{};
    std::int64_t count = 0;
    Term term = 0;
  };
  WithoutRows last_;
  bool takes_turns_ = false;
  bool will_write_ = false;
  bool holds_write_ = false;
  bool waits_for_write_ = false;
};

// Runs `body(locked)` with a connection.
template <typename Body>
[[nodiscard]] Term with_connection(Call& call, ConnectionPtr connection, Body&& body) {
  LockedConnection locked(call, std::move(connection));
  if (!locked.owns_lock()) return locked.leave_scheduler();
  try {
    return locked.finish(Answer(body(locked)));
  } catch (const Error& error) {
    return locked.finish(error);
  } catch (const Failure& failure) {
    return locked.finish(Answer(call.error(failure)));
  }
}

// The same with the connection that argument 0 names.
template <typename Body>
[[nodiscard]] Term with_connection(Call& call, Body&& body) {
  return with_connection(call, call.connection(0), std::forward<Body>(body));
}

// The same for calls that answer :ok.
template <typename Body>
[[nodiscard]] Term with_connection_ok(Call& call, Body&& body) {
  return with_connection(call, [&](LockedConnection& locked) -> Answer {
    body(locked);
    return call.atoms().ok;
  });
}

// Binds, runs to the end and builds the result tuple of EctoLibSql.Nif.result/0. Bindings that are
// left must go before the call ends; a statement of the cache is given back without them.
[[nodiscard]] Answer run_statement(LockedConnection& locked, Statement& statement, Term parameters,
                                   Bindings bindings);
// The same for a statement without parameters.
[[nodiscard]] Answer run_statement(LockedConnection& locked, Statement& statement);

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_EXECUTOR_H_
