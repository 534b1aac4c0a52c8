#include "job.h"

#include <algorithm>
#include <utility>

#include "connection_resource.h"
#include "later_answer.h"
#include "run.h"
#include "state.h"

namespace libsql::nif {

namespace {

// How often a running job looks whether its caller lives.
constexpr std::chrono::milliseconds kLookInterval{2};

}  // namespace

Job::Job(const Call& call, Operation operation, ConnectionPtr connection, Arguments size) noexcept
    : state_(call.state()),
      caller_(call.self()),
      operation_(operation),
      interrupts_seen_(call.interrupts_seen()),
      arity_(call.arity()),
      connection_(std::move(connection)) {
  if (size == Arguments::large) large_arguments_.emplace();
  ErlNifEnv* const target = large_arguments_ ? large_arguments_->env() : env();
  for (int index = 0; index < arity_; ++index)
    arguments_[static_cast<std::size_t>(index)] = enif_make_copy(target, call.argument(index));
}

Job::Job(const Call& call, std::shared_ptr<LaterAnswer> answer) noexcept
    : state_(call.state()),
      caller_(call.self()),
      operation_(nullptr),
      arity_(0),
      later_(std::move(answer)) {}

void Job::start(ERL_NIF_TERM tag, std::int64_t milliseconds) {
  if (!move(Status::created, Status::preparing))
    throw Error(ErrorKind::misuse, "the job has been started before");
  tag_ = enif_make_copy(env(), tag);
  if (later_ != nullptr) {
    hand_over();
    return;
  }
  if (milliseconds >= 0) deadline_ = after(milliseconds);
  status_ = Status::queued;
  auto self = ResourcePtr<Job>::share(this);
  if (connection_ != nullptr) {
    JobQueue::add(connection_->jobs(), std::move(self), state_->threads);
    return;
  }
  try {
    if (state_->threads.post([self] { self->run(); })) return;
    refuse(Error(ErrorKind::misuse, "the native library is being unloaded"));
  } catch (const Error& error) {
    refuse(error);
  }
}

void Job::hand_over() noexcept {
  status_ = Status::later;
  later_->send_to(std::move(message_), tag_);
}

Job::Cancelled Job::cancel() noexcept {
  if (move(Status::created, Status::cancelled) || move(Status::queued, Status::cancelled)) {
    if (connection_ != nullptr) connection_->jobs()->remove(this);
    if (later_ != nullptr) later_->cancel(LaterAnswer::Reason::dead_caller);
    release();
    return Cancelled::cancelled;
  }
  if (move(Status::reading, Status::cancelled)) return Cancelled::cancelled;
  switch (status_.load()) {
    case Status::running:
    case Status::reading:
      return Cancelled::running;
    case Status::later:
      later_->cancel(LaterAnswer::Reason::timeout);
      return later_->is_answered() ? Cancelled::answered : Cancelled::running;
    case Status::answered:
      return Cancelled::answered;
    default:
      return Cancelled::cancelled;
  }
}

void Job::run() noexcept {
  if (!move(Status::queued, Status::running)) return;
  if (!is_abandoned()) {
    Call call(*this);
    const ERL_NIF_TERM term = run_operation(call, operation_);
    if (later_ == nullptr) {
      answer(term);
    } else {
      watch_caller(nullptr);
      hand_over();
    }
  }
  release();
}

void Job::watch_caller(ErlNifEnv* env) noexcept {
  ErlNifPid caller = caller_;
  if (enif_monitor_process(env, this, &caller, nullptr) != 0)
    later_->cancel(LaterAnswer::Reason::dead_caller);
}

// Cancelling may take the session's locks and end in messages, which a monitor callback must not
// do: the reaper does.
void Job::process_down(ErlNifEnv* /*env*/, const ErlNifPid& /*pid*/) noexcept {
  state_->reaper.post([later = later_] { later->cancel(LaterAnswer::Reason::dead_caller); });
}

void Job::refuse(const Error& error) noexcept {
  if (!move(Status::queued, Status::running)) return;
  answer(Call(*this).error(error));
  release();
}

void Job::answer(ERL_NIF_TERM answer) noexcept {
  allow_abandoning(false);
  if (!move(Status::running, Status::answered)) return;
  const ERL_NIF_TERM term = enif_make_tuple3(env(), state_->atoms.answer_message, tag_, answer);
  Message::send(message_, caller_, term);
}

void Job::allow_abandoning(bool allowed) noexcept {
  static_cast<void>(move(allowed ? Status::running : Status::reading,
                         allowed ? Status::reading : Status::running));
}

bool Job::is_abandoned() noexcept {
  if (status_.load(std::memory_order_relaxed) == Status::cancelled) return true;
  if (state_->unloading.load(std::memory_order_relaxed)) return true;
  const Clock::time_point now = Clock::now();
  if (now - looked_ < kLookInterval) return false;
  looked_ = now;
  ErlNifPid caller = caller_;
  return enif_is_process_alive(nullptr, &caller) == 0;
}

Job::Clock::time_point Job::after(std::int64_t milliseconds) const noexcept {
  return called_ + std::chrono::milliseconds(std::min(milliseconds, kLongestTimeout));
}

// The term of the job may live on until the caller's next garbage collection.
void Job::release() noexcept {
  message_.free();
  large_arguments_.reset();
  connection_.reset();
}

}  // namespace libsql::nif
