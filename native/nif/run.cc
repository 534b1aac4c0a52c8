#include "run.h"

#include <algorithm>
#include <array>
#include <new>

#include "argument_size.h"
#include "connection_resource.h"
#include "ids.h"
#include "messages.h"

namespace libsql::nif {

Call::Call(ErlNifEnv* env, int arity, const Term* arguments, Operation operation,
           NifFunction copy) noexcept
    : env_(env),
      arity_(arity),
      arguments_(arguments),
      operation_(operation),
      copy_(copy),
      state_(state_of(env)) {
  enif_self(env, &self_);
}

Call::Call(Job& job) noexcept
    : env_(job.env()),
      arity_(job.arity()),
      arguments_(job.arguments()),
      job_(&job),
      state_(job.state()),
      self_(job.caller()),
      interrupts_seen_(job.interrupts_seen()),
      deadline_(job.deadline()) {}

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

Term Call::leave_scheduler(const ConnectionPtr& connection) {
  if (connection != nullptr && !interrupts_seen_) interrupts_seen_ = connection->interrupts();
  if (copy_ != nullptr && connection != nullptr && take_long_to_copy(env_, arguments())) {
    std::array<Term, kMostArguments + 1> arguments{};
    std::copy_n(arguments_, arity_, arguments.begin());
    arguments[static_cast<std::size_t>(arity_)] = enif_make_uint64(env_, *interrupts_seen_);
    return enif_schedule_nif(env_, "copy_arguments", ERL_NIF_DIRTY_JOB_CPU_BOUND, copy_, arity_ + 1,
                             arguments.data());
  }
  const auto job =
      state_->jobs.make(*this, operation_, connection,
                        copy_ == nullptr ? Job::Arguments::large : Job::Arguments::small);
  return make_tuple(env_, atoms().pending, job.term(env_));
}

void Call::set_timeout(std::int64_t milliseconds) noexcept {
  timeout_ = milliseconds;
  if (job_ == nullptr || milliseconds < 0) return;
  deadline_ = job_->after(milliseconds);
}

std::optional<std::chrono::steady_clock::time_point> Call::deadline_after(
    std::chrono::steady_clock::time_point began) const noexcept {
  if (job_ != nullptr) return deadline_;
  if (timeout_ < 0) return std::nullopt;
  return began + std::chrono::milliseconds(std::min(timeout_, kLongestTimeout));
}

Term Call::answer_later(const std::shared_ptr<LaterAnswer>& answer) {
  if (answer == nullptr) {
    throw Error(ErrorKind::misuse, "the session answers later and has not detached the receiver");
  }
  if (job_ != nullptr) {
    job_->answer_later(answer);
    return atoms().ok;
  }
  const auto job = state_->jobs.make(*this, answer);
  job->watch_caller(env_);
  return make_tuple(env_, atoms().pending, job.term(env_));
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
  } catch (...) {
    return current_error(call);
  }
}

Term current_error(const Call& call) noexcept {
  try {
    throw;
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

Term make_job(ErlNifEnv* env, int argc, const Term argv[], Operation operation) noexcept {
  Call call(env, argc - 1, argv, operation, nullptr);
  ErlNifUInt64 interrupts = 0;
  if (enif_get_uint64(env, argv[argc - 1], &interrupts) != 0) call.interrupts_seen(interrupts);
  return run_operation(call, &leave_with_connection);
}

Term leave_with_connection(Call& call) { return call.leave_scheduler(call.connection(0)); }

bool must_leave(Call& call) {
  return !call.connection(0)->answers_later() || take_long_to_encode(call.env(), call.arguments());
}

Term leave_alone(Call& call) { return call.leave_scheduler(nullptr); }

}  // namespace libsql::nif
