// Exclusive use of a connection for one pass of a call, under the rules of the scheduler it runs
// on.
#ifndef LIBSQL_NIF_EXECUTOR_H_
#define LIBSQL_NIF_EXECUTOR_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

#include "connection_resource.h"
#include "libsql/connection.h"
#include "params.h"
#include "run.h"

namespace libsql::nif {

// Limits of a pass on a normal scheduler; beyond them the call continues on a dirty one.
inline constexpr std::chrono::microseconds kInlineBudget{1000};
inline constexpr std::size_t kInlineSql = std::size_t{16} * 1024;
inline constexpr std::size_t kInlineBytes = std::size_t{64} * 1024;    // bound
inline constexpr std::size_t kInlineResult = std::size_t{256} * 1024;  // read

// A body that cannot go on here ends by one of these instead of a result.
enum class Give : std::uint8_t {
  up,    // continue on a dirty scheduler
  wait,  // answer {:wait, ticket}
};

// What a body answers: a term, or how it gave up.
class Answer {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): a result is an answer
  Answer(Term term) noexcept : term_(term) {}
  // NOLINTNEXTLINE(google-explicit-constructor): as above
  Answer(Give give) noexcept : give_(give) {}
  [[nodiscard]] std::optional<Give> give() const noexcept { return give_; }
  [[nodiscard]] Term term() const noexcept { return term_; }

 private:
  Term term_ = 0;
  std::optional<Give> give_;
};

// Holds the connection's mutex and has told the library what it may do: on a normal scheduler a
// budget and no waiting; on a dirty one a deadline, and to stop when the caller is dead.
class Use {
 public:
  // Only with locked() may the rest be called.
  Use(Call& call, ConnectionPtr connection);
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  ~Use();

  [[nodiscard]] bool locked() const noexcept { return lock_.owns_lock(); }
  [[nodiscard]] Call& call() noexcept { return call_; }
  [[nodiscard]] ErlNifEnv* env() const noexcept { return call_.env(); }
  [[nodiscard]] const Atoms& atoms() const noexcept { return call_.atoms(); }
  [[nodiscard]] bool is_inline() const noexcept { return call_.is_inline(); }
  [[nodiscard]] ConnectionObject& object() noexcept { return *object_; }
  [[nodiscard]] Guarded& guarded() noexcept { return object_->guarded(); }
  [[nodiscard]] Connection& connection() noexcept { return object_->guarded().connection; }

  // May this much work be done here?
  [[nodiscard]] bool allows(Work work) const noexcept {
    return !is_inline() || work != Work::unbounded;
  }
  // The result of a statement without rows. Members of a batch share it.
  [[nodiscard]] Term result_without_rows(StatementKind kind, std::int64_t count);
  // What comes may stop because another connection writes: it is then worth a ticket at once.
  void will_write() noexcept { writes_ = true; }
  // Takes the file's write lock, if it is free, until the end of this pass. False: give Give::wait.
  [[nodiscard]] bool hold_write();
  // Waits for the write lock on this thread, a dirty scheduler's: for rare calls that have no
  // {:wait, ticket} among their answers.
  void wait_for_write();

  // Ends the pass with the term to return from the NIF.
  [[nodiscard]] Term finish(const Answer& answer);
  // The same for an error of the library: would_block becomes a continuation or a ticket.
  [[nodiscard]] Term finish(const Error& error);

 private:
  void lock_inline();
  void lock_dirty();
  void check_interrupts() const;
  void check_transaction();
  [[nodiscard]] Term give_up();
  [[nodiscard]] Term wait();
  [[nodiscard]] Term complete(Term result);
  void end_hold() noexcept;
  void bill() noexcept;

  Call& call_;
  const ConnectionPtr object_;
  std::unique_lock<ConnectionObject::Mutex> lock_;
  std::chrono::steady_clock::time_point started_;
  struct WithoutRows {
    StatementKind kind{};
    std::int64_t count = 0;
    Term term = 0;
  };
  WithoutRows last_;
  bool writes_ = false;
  bool holds_ = false;
  bool waits_ = false;
};

// Runs `body(use)` with a connection.
template <typename Body>
[[nodiscard]] Term with_connection(Call& call, ConnectionPtr connection, Body&& body) {
  Use use(call, std::move(connection));
  if (!use.locked()) return call.continue_dirty();
  try {
    return use.finish(Answer(body(use)));
  } catch (const Error& error) {
    return use.finish(error);
  } catch (const Failure& failure) {
    return use.finish(Answer(call.error(failure)));
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
  return with_connection(call, [&](Use& use) -> Answer {
    body(use);
    return call.atoms().ok;
  });
}

// Binds, runs to the end and builds the result tuple of EctoLibSql.Nif.result/0. Bindings that are
// left must go before the call ends; a statement of the cache is given back without them.
[[nodiscard]] Answer run_statement(Use& use, Statement& statement, Term parameters,
                                   Bindings bindings);
// The same for a statement without parameters.
[[nodiscard]] Answer run_statement(Use& use, Statement& statement);

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_EXECUTOR_H_
