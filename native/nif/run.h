// The wrapper of every NIF: chooses the scheduler, and turns every exception into an error term.
//
// An operation is a function from a Call to a term. start<> runs it on the calling scheduler, where
// it may, as long as nothing has changed, return call.leave_scheduler(): the caller then starts the
// job in {:pending, job}, which runs the operation again, from its beginning, on a thread of ours.
// With leave_with_connection or leave_alone as the first pass
// it always runs there.
#ifndef LIBSQL_NIF_RUN_H_
#define LIBSQL_NIF_RUN_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include <erl_nif.h>

#include "job.h"
#include "state.h"
#include "terms.h"

namespace libsql::nif {

using NifFunction = Term (*)(ErlNifEnv* env, int argc, const Term argv[]);

// One pass of one NIF call: its arguments and the place where it runs.
class Call {
 public:
  // On the calling scheduler. `copy` makes a job on a dirty scheduler (see copy_arguments<>).
  Call(ErlNifEnv* env, int arity, const Term* arguments, Operation operation,
       NifFunction copy) noexcept;
  // On a thread of ours.
  explicit Call(Job& job) noexcept;

  // For terms.
  [[nodiscard]] ErlNifEnv* env() const noexcept { return env_; }
  // For functions of the VM that take the environment of the calling process; null on a thread of
  // ours.
  [[nodiscard]] ErlNifEnv* caller_env() const noexcept { return is_inline() ? env_ : nullptr; }
  [[nodiscard]] int arity() const noexcept { return arity_; }
  [[nodiscard]] Term argument(int index) const noexcept { return arguments_[index]; }
  [[nodiscard]] const std::shared_ptr<State>& state() const noexcept { return state_; }
  [[nodiscard]] const Atoms& atoms() const noexcept { return state_->atoms; }
  [[nodiscard]] const ErlNifPid& self() const noexcept { return self_; }
  [[nodiscard]] bool is_inline() const noexcept { return job_ == nullptr; }

  // The connection that an argument names by handle or id, or by {handle or id, transaction id}:
  // the call then belongs to that transaction. Errors: Failure not_found "Connection not found",
  // also when it has been closed.
  [[nodiscard]] ConnectionPtr connection(int index);
  // The id of the transaction that the call belongs to, if it names one: whoever locks the
  // connection checks it.
  [[nodiscard]] const std::optional<std::string_view>& transaction_id() const noexcept {
    return transaction_id_;
  }

  // Ends this pass; the operation starts again on a thread of ours, when the connection has no
  // earlier job left; at once if there is no connection. An inline call only.
  [[nodiscard]] Term leave_scheduler(const ConnectionPtr& connection);
  [[nodiscard]] std::span<const Term> arguments() const noexcept {
    return {arguments_, static_cast<std::size_t>(arity_)};
  }
  // Ends this pass; the request has started, and its answer goes to the caller when it comes.
  [[nodiscard]] Term answer_later(const std::shared_ptr<LaterAnswer>& answer);
  // True once nobody waits for the answer any more. On a thread of ours only.
  [[nodiscard]] bool is_abandoned() noexcept { return job_ != nullptr && job_->is_abandoned(); }
  // The call runs one statement and nothing else.
  void is_one_statement() noexcept { one_statement_ = true; }
  // While allowed, the caller of one statement may be answered at its deadline although the
  // statement still runs: only while it does nothing but read.
  void allow_abandoning(bool allowed) noexcept {
    if (job_ != nullptr && one_statement_) job_->allow_abandoning(allowed);
  }
  // How many interrupts the connection had seen when the call first asked for it.
  void interrupts_seen(std::uint64_t count) noexcept { interrupts_seen_ = count; }
  [[nodiscard]] std::optional<std::uint64_t> interrupts_seen() const noexcept {
    return interrupts_seen_;
  }

  // The call ends `milliseconds` after it was made, whether it waits for its connection or runs;
  // negative: as the caller of its job has said. Before with_connection().
  void set_timeout(std::int64_t milliseconds) noexcept;
  // On a thread of ours. Passes on normal schedulers are too short to need it,
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> deadline() const noexcept {
    return deadline_;
  }
  // but requests that outlive them do not: `began` is when this pass has begun.
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> deadline_after(
      std::chrono::steady_clock::time_point began) const noexcept;

  [[nodiscard]] Term ok(Term value) const { return make_tuple(env_, atoms().ok, value); }
  [[nodiscard]] Term error(const Error& error) const;
  [[nodiscard]] Term error(const Failure& failure) const;
  [[nodiscard]] std::string_view binary(int index, std::string_view what) const {
    return binary_of(env_, arguments_[index], what);
  }
  [[nodiscard]] std::string_view sql(int index) const { return sql_of(env_, arguments_[index]); }

 private:
  ErlNifEnv* env_;
  int arity_;
  const Term* arguments_;
  Operation operation_ = nullptr;
  NifFunction copy_ = nullptr;
  Job* job_ = nullptr;
  bool one_statement_ = false;
  std::int64_t timeout_ = -1;  // of a pass on a normal scheduler
  const std::shared_ptr<State>& state_;
  ErlNifPid self_;
  std::optional<std::string_view> transaction_id_;
  std::optional<std::uint64_t> interrupts_seen_;
  std::optional<std::chrono::steady_clock::time_point> deadline_;
};

// The error term of the exception that is being handled.
[[nodiscard]] Term current_error(const Call& call) noexcept;

// Runs `operation`, catching everything.
[[nodiscard]] Term run_operation(Call& call, Operation operation) noexcept;

// Answers {:pending, job} on a dirty scheduler, for arguments that take long to copy. It has one
// argument more than the NIF: the number of interrupts seen so far.
[[nodiscard]] Term make_job(ErlNifEnv* env, int argc, const Term argv[],
                            Operation operation) noexcept;
// The operation that goes elsewhere at once, with the connection that argument 0 names, or without.
[[nodiscard]] Term leave_with_connection(Call& call);
// The operation goes elsewhere unless the connection answers later, and its arguments are small.
[[nodiscard]] bool must_leave(Call& call);
[[nodiscard]] Term leave_alone(Call& call);

template <Operation operation>
Term copy_arguments(ErlNifEnv* env, int argc, const Term argv[]) {
  return make_job(env, argc, argv, operation);
}

template <Operation operation>
Term leave_or_start(Call& call) {
  return must_leave(call) ? leave_with_connection(call) : operation(call);
}

template <Operation operation, Operation first = operation>
Term start(ErlNifEnv* env, int argc, const Term argv[]) {
  Call call(env, argc, argv, operation, &copy_arguments<operation>);
  return run_operation(call, first);
}

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_RUN_H_
