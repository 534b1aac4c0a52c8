// The wrapper of every NIF: chooses the scheduler, and turns every exception into an error term.
//
// An operation is a function from a Call to a term. start<> runs it on the calling scheduler, where
// it may, as long as nothing has changed, return call.continue_dirty(): it is then run again from
// the beginning on a dirty I/O scheduler (resume<>). on_dirty<> is for operations that are
// registered as dirty from the outset.
#ifndef LIBSQL_NIF_RUN_H_
#define LIBSQL_NIF_RUN_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include <erl_nif.h>

#include "state.h"
#include "terms.h"

namespace libsql::nif {

using NifFunction = Term (*)(ErlNifEnv* env, int argc, const Term argv[]);

// One pass of one NIF call: its arguments and the place where it runs.
class Call {
 public:
  // `resume` continues on a dirty scheduler; null when the call runs on one already.
  Call(ErlNifEnv* env, int arity, const Term* arguments, NifFunction resume) noexcept;

  [[nodiscard]] ErlNifEnv* env() const noexcept { return env_; }
  [[nodiscard]] Term argument(int index) const noexcept { return arguments_[index]; }
  [[nodiscard]] const std::shared_ptr<State>& state() const noexcept { return state_; }
  [[nodiscard]] const Atoms& atoms() const noexcept { return state_->atoms; }
  [[nodiscard]] const ErlNifPid& self() const noexcept { return self_; }
  [[nodiscard]] bool is_inline() const noexcept { return resume_ != nullptr; }

  // The connection that an argument names by handle or id, or by {handle or id, transaction id}:
  // the call then belongs to that transaction. Errors: Failure not_found "Connection not found",
  // also when it has been closed.
  [[nodiscard]] ConnectionPtr connection(int index);
  // The id of the transaction that the call belongs to, if it names one: whoever locks the
  // connection checks it.
  [[nodiscard]] const std::optional<std::string_view>& transaction_id() const noexcept {
    return transaction_id_;
  }

  // Ends this pass; the operation starts again on a dirty I/O scheduler. An inline call only.
  [[nodiscard]] Term continue_dirty() const noexcept;
  // How many interrupts the connection had seen when the call first asked for it.
  void interrupts_seen(std::uint64_t count) noexcept { interrupts_seen_ = count; }
  [[nodiscard]] std::optional<std::uint64_t> interrupts_seen() const noexcept {
    return interrupts_seen_;
  }

  // The call ends `milliseconds` from now, whether it waits for its connection or runs; negative:
  // never. Passes on normal schedulers are too short to need it. Before with_connection().
  void set_timeout(std::int64_t milliseconds) noexcept;
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> deadline() const noexcept {
    return deadline_;
  }

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
  NifFunction resume_;
  const std::shared_ptr<State>& state_;
  ErlNifPid self_;
  std::optional<std::string_view> transaction_id_;
  std::optional<std::uint64_t> interrupts_seen_;
  std::optional<std::chrono::steady_clock::time_point> deadline_;
};

using Operation = Term (*)(Call& call);

// Runs `operation`, catching everything.
[[nodiscard]] Term run_operation(Call& call, Operation operation) noexcept;

// resume<> has one argument more than the NIF: the number of interrupts seen so far.
[[nodiscard]] Term resume_operation(ErlNifEnv* env, int argc, const Term argv[],
                                    Operation operation) noexcept;

template <Operation operation>
Term resume(ErlNifEnv* env, int argc, const Term argv[]) {
  return resume_operation(env, argc, argv, operation);
}

template <Operation operation>
Term start(ErlNifEnv* env, int argc, const Term argv[]) {
  Call call(env, argc, argv, &resume<operation>);
  return run_operation(call, operation);
}

template <Operation operation>
Term on_dirty(ErlNifEnv* env, int argc, const Term argv[]) {
  Call call(env, argc, argv, nullptr);
  return run_operation(call, operation);
}

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_RUN_H_
