#include "run.h"

#include <algorithm>
#include <array>
#include <new>

#include "ids.h"
#include "messages.h"

namespace libsql::nif {

namespace {

constexpr int kMostArguments = 6;

}  // namespace

Call::Call(ErlNifEnv* env, int arity, const Term* arguments, NifFunction resume) noexcept
    : env_(env), arity_(arity), arguments_(arguments), resume_(resume), state_(state_of(env)) {
  enif_self(env, &self_);
}

ConnectionPtr Call::connection(int index) {
  Term term = arguments_[index];
  int arity = 0;
  const Term* pair = nullptr;
  if (enif_get_tuple(env_, term, &arity, &pair) != 0 && arity == 2) {
    term = pair[0];
    transaction_id_ = binary_of(env_, pair[1], "transaction id");
  }
  ConnectionPtr found;
  ErlNifBinary id;
  if (const Handle* handle = state_->handles.get(env_, term); handle != nullptr) {
    found = handle->connection;
  } else if (enif_inspect_binary(env_, term, &id) != 0) {
    found = state_->registry.find({reinterpret_cast<const char*>(id.data), id.size});
  } else {
    throw_invalid("Invalid connection: expected a handle or an id, not " +
                  std::string(term_kind(env_, term)));
  }
  if (found == nullptr || !found->is_open()) {
    throw Failure::not_found(IdKind::connection);
  }
  return found;
}

Term Call::continue_dirty() const noexcept {
  std::array<Term, kMostArguments + 1> arguments{};
  std::copy_n(arguments_, arity_, arguments.begin());
  arguments[static_cast<std::size_t>(arity_)] =
      enif_make_uint64(env_, interrupts_seen_.value_or(0));
  return enif_schedule_nif(env_, "continue_dirty", ERL_NIF_DIRTY_JOB_IO_BOUND, resume_, arity_ + 1,
                           arguments.data());
}

void Call::set_timeout(std::int64_t milliseconds) noexcept {
  if (is_inline() || milliseconds < 0) return;
  // Longer timeouts are cut, so that the sum below does not overflow.
  constexpr std::int64_t kLongest = std::int64_t{1000} * 3600 * 24 * 365;
  const std::chrono::milliseconds timeout(std::min(milliseconds, kLongest));
  deadline_ = std::chrono::steady_clock::now() + timeout;
}

Term Call::error(const Error& error) const {
  return make_tuple(env_, atoms().error, error_map(env_, atoms(), error));
}

Term Call::error(const Failure& failure) const {
  return make_tuple(env_, atoms().error, error_map(env_, atoms(), failure));
}

Term run_operation(Call& call, Operation operation) noexcept {
  const EnvScope scope(call.env());
  try {
    return operation(call);
  } catch (const Error& error) {
    return call.error(error);
  } catch (const Failure& failure) {
    return call.error(failure);
  } catch (const std::bad_alloc&) {
    return call.error(Error(ErrorKind::out_of_memory, "out of memory"));
  } catch (const std::exception& exception) {
    return call.error(Error(ErrorKind::error, exception.what()));
  } catch (...) {
    return call.error(Error(ErrorKind::error, "unknown failure in the native library"));
  }
}

Term resume_operation(ErlNifEnv* env, int argc, const Term argv[], Operation operation) noexcept {
  Call call(env, argc - 1, argv, nullptr);
  ErlNifUInt64 interrupts = 0;
  if (enif_get_uint64(env, argv[argc - 1], &interrupts) != 0) call.interrupts_seen(interrupts);
  return run_operation(call, operation);
}

}  // namespace libsql::nif
