#include "remote/session_core.h"

#include <algorithm>
#include <exception>
#include <functional>
#include <iterator>
#include <new>
#include <utility>
#include <vector>

#include "libsql/error.h"
#include "remote/request_runner.h"

namespace libsql::remote {

namespace {

Error closed_error() { return {ErrorKind::closed, "the connection is closed"}; }
Error interrupted_error() { return {ErrorKind::interrupted, "interrupted"}; }

}  // namespace

Error current_failure() {
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return {ErrorKind::out_of_memory, "out of memory"};
  } catch (const std::exception& failure) {
    return {ErrorKind::error, failure.what()};
  } catch (...) {
    return {ErrorKind::error, "the receiver of a request has failed"};
  }
}

const std::shared_ptr<Receiver>& Call::wait() {
  if (later == nullptr) later = receiver->detach();
  if (later == nullptr) {
    throw Error(ErrorKind::unsupported,
                "the receiver cannot wait for a server's answer: Receiver::detach() gives none");
  }
  return later;
}

SessionCore::SessionCore(std::shared_ptr<Transport> transport,
                         std::chrono::milliseconds request_timeout,
                         std::shared_ptr<WriteObserver> observer)
    : request_timeout_(request_timeout),
      observer_(std::move(observer)),
      data_(std::move(transport)) {}

Deadline SessionCore::deadline_of(const Limits& limits) const {
  if (limits.deadline) return *limits.deadline;
  if (deadline_) return *deadline_;
  return std::chrono::steady_clock::now() + request_timeout_;
}

Started SessionCore::start(const Request& request, const Limits& limits, Receiver& receiver) {
  Call call{&receiver, nullptr, {}, limits.transaction};
  bool open = false;
  bool waits = false;
  {
    const core::MutexLock lock(mutex_);
    call.deadline = deadline_of(limits);
    open = open_;
    waits = busy_;
    if (open && !waits) {
      busy_ = true;
      stop_ = Stop::none;
    }
  }
  if (!open) {
    const Error error = closed_error();
    receiver.finished(&error, state());
    return Started::finished;
  }
  if (waits) return keep(request, std::move(call), receiver);
  if (!run(request, call)) return Started::pending;
  run_waiting();
  return call.later == nullptr ? Started::finished : Started::pending;
}

// What waits is copied: the turn may take long, and the caller's views end with start().
Started SessionCore::keep(const Request& request, Call call, Receiver& receiver) {
  try {
    Waiting waiting{
        std::make_unique<KeptRequest>(request, [this](StatementId id) { return data_.find(id); }),
        std::move(call)};
    static_cast<void>(waiting.call.wait());
    waiting.call.receiver = nullptr;
    const Deadline deadline = waiting.call.deadline;
    const core::MutexLock lock(mutex_);
    if (alarm_ == nullptr) alarm_ = make_alarm();
    alarm_->set(deadline);
    waiting_.push_back(std::move(waiting));
  } catch (...) {
    const Error error = current_failure();
    receiver.finished(&error, state());
    return Started::finished;
  }
  run_waiting();
  return Started::pending;
}

std::shared_ptr<WaitAlarm> SessionCore::make_alarm() {
  return std::make_shared<WaitAlarm>(data_.transport().context(),
                                     [weak = weak_from_this()]() -> std::optional<Deadline> {
                                       const auto self = weak.lock();
                                       return self == nullptr ? std::nullopt : self->end_late();
                                     });
}

std::optional<Deadline> SessionCore::end_late() noexcept {
  std::deque<Waiting> late;
  std::optional<Deadline> next;
  {
    const core::MutexLock lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    const auto first_late =
        std::stable_partition(waiting_.begin(), waiting_.end(),
                              [&](const Waiting& one) { return one.call.deadline > now; });
    std::move(first_late, waiting_.end(), std::back_inserter(late));
    waiting_.erase(first_late, waiting_.end());
    for (const Waiting& one : waiting_) {
      next = std::min(next.value_or(one.call.deadline), one.call.deadline);
    }
  }
  const Error error(ErrorKind::timeout,
                    "the deadline passed while the connection was busy with earlier requests");
  for (const Waiting& one : late) one.call.later->finished(&error, state());
  return next;
}

bool SessionCore::run(const Request& request, Call& call) noexcept {
  try {
    if (!RequestRunner(shared_from_this(), call).run(request)) return false;
    finish(call.answer_to(), nullptr);
  } catch (...) {
    const Error error = current_failure();
    finish(call.answer_to(), &error);
  }
  return true;
}

void SessionCore::run_on(const Request& request, Call call) {
  if (run(request, call)) run_waiting();
}

void SessionCore::end_turn(const std::shared_ptr<Receiver>& receiver, const Error* error) noexcept {
  const bool committed = data_.take_commit();
  const auto read = data_.take_read();
  if (observer_ == nullptr || (!committed && !read)) {
    finish(*receiver, error);
    return run_waiting();
  }
  Deadline until;
  {
    const core::MutexLock lock(mutex_);
    until = running_until_;
  }
  std::optional<Error> kept;
  if (error != nullptr) kept = *error;
  std::function<void()> then = [self = shared_from_this(), receiver, kept] {
    self->finish(*receiver, kept ? &*kept : nullptr);
    self->run_waiting();
  };
  if (committed) return observer_->wrote(data_.newest_index(), until, std::move(then));
  // The end of a transaction does not wait for what was read in it.
  if (!read->in_transaction) return observer_->read(read->index, until, std::move(then));
  observer_->read(read->index, until, [] {});
  then();
}

void SessionCore::finish(Receiver& receiver, const Error* error) noexcept {
  const auto read = data_.take_read();
  if (observer_ != nullptr && read) observer_->read(read->index, Deadline::max(), [] {});
  SessionState state;
  {
    core::MutexLock lock(mutex_);
    if (!open_) {
      lock.unlock();
      data_.close_all();
      lock.lock();
    }
    stream_ = nullptr;
    running_ = nullptr;
    stop_ = Stop::none;
    state_ = data_.state();
    read_only_ = data_.writes_refused();
    busy_ = false;
    state = state_;
  }
  receiver.finished(error, state);
}

void SessionCore::run_waiting() noexcept {
  for (;;) {
    Waiting next;
    {
      const core::MutexLock lock(mutex_);
      if (busy_ || waiting_.empty()) return;
      next = std::move(waiting_.front());
      waiting_.pop_front();
      busy_ = true;
      stop_ = Stop::none;
    }
    if (!run(next.request->request(), next.call)) return;
  }
}

// --- What is under way ---

void SessionCore::sending(const Call& call, Cancellable& stream) {
  const core::MutexLock lock(mutex_);
  if (stop_ == Stop::closed) throw Error(closed_error());
  if (stop_ == Stop::interrupted) throw Error(interrupted_error());
  running_ = call.later.get();
  running_until_ = call.deadline;
  stream_ = &stream;
}

// Whoever asked to stop between sending() and here has cancelled nothing yet.
void SessionCore::sent() {
  const core::MutexLock lock(mutex_);
  if (stop_ != Stop::none && stream_ != nullptr) stream_->cancel();
}

void SessionCore::answered() {
  const core::MutexLock lock(mutex_);
  stream_ = nullptr;
}

void SessionCore::cancel(const Receiver& receiver) noexcept {
  std::optional<Waiting> ended;
  {
    const core::MutexLock lock(mutex_);
    if (busy_ && running_ == &receiver) {
      stop_ = Stop::interrupted;
      if (stream_ != nullptr) stream_->cancel();
      return;
    }
    for (auto one = waiting_.begin(); one != waiting_.end(); ++one) {
      if (one->call.later.get() != &receiver) continue;
      ended = std::move(*one);
      waiting_.erase(one);
      break;
    }
  }
  if (!ended) return;
  const Error error = interrupted_error();
  ended->call.later->finished(&error, state());
}

void SessionCore::stop(Stop why) noexcept {
  std::deque<Waiting> ended;
  {
    const core::MutexLock lock(mutex_);
    std::swap(ended, waiting_);
    if (busy_) {
      stop_ = why;
      if (stream_ != nullptr) stream_->cancel();
    }
  }
  const Error error = why == Stop::closed ? closed_error() : interrupted_error();
  for (const Waiting& one : ended) one.call.later->finished(&error, state());
}

void SessionCore::interrupt() noexcept { stop(Stop::interrupted); }

void SessionCore::close() noexcept {
  bool idle = false;
  {
    const core::MutexLock lock(mutex_);
    if (!open_) return;
    open_ = false;
    idle = !busy_;
  }
  if (idle) {
    data_.close_all();  // Nobody gets the turn any more.
    const core::MutexLock lock(mutex_);
    state_.in_transaction = false;
    return;
  }
  stop(Stop::closed);
}

bool SessionCore::is_open() const noexcept {
  const core::MutexLock lock(mutex_);
  return open_;
}

SessionState SessionCore::state() const {
  const core::MutexLock lock(mutex_);
  return state_;
}

bool SessionCore::read_only() const {
  const core::MutexLock lock(mutex_);
  return read_only_;
}

void SessionCore::set_deadline(std::optional<Deadline> deadline) {
  const core::MutexLock lock(mutex_);
  deadline_ = deadline;
}

}  // namespace libsql::remote
