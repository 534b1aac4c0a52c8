#include "client/async_core.h"

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

#include "core/thread_pool.h"

namespace libsql::detail {
namespace {

// For the calls of all connections to files. Never destroyed: a task may run until the process
// ends.
core::ThreadPool& pool() {
  static core::ThreadPool* const kPool =
      std::make_unique<core::ThreadPool>(core::ThreadPool::Options{}).release();
  return *kPool;
}

Error interrupted() { return {ErrorKind::interrupted, "interrupted"}; }

}  // namespace

// --- Tasks ---

AsyncTask::AsyncTask(std::shared_ptr<AsyncCore> core, std::shared_ptr<AsyncOperation> operation,
                     AsyncLimits limits, Ended ended)
    : core_(std::move(core)),
      operation_(std::move(operation)),
      limits_(std::move(limits)),
      ended_(std::move(ended)) {}

void AsyncTask::columns(std::span<const std::string_view> names) { operation_->columns(names); }

bool AsyncTask::row(std::span<const ValueView> values) {
  operation_->row(Row(values));
  return true;
}

void AsyncTask::done(StatementKind /*kind*/, std::int64_t count) { operation_->done(count); }

// NOLINTNEXTLINE(bugprone-exception-escape): see the header
void AsyncTask::finished(const Error* error, const SessionState& /*state*/) noexcept {
  if (error != nullptr) error_ = *error;
  // Kept alive by who calls this, but not longer.
  const std::shared_ptr<AsyncTask> self = shared_from_this();
  if (is_second()) core_->end(self);
}

void AsyncTask::watch_stop() {
  if (!limits_.stop.stop_possible()) return;
  on_stop_.emplace(limits_.stop, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->core_->cancel(*self);
  });
}

Limits AsyncTask::limits() const {
  Limits limits;
  limits.deadline = limits_.deadline;
  return limits;
}

AsyncTask::Ended AsyncTask::take_ended() {
  const core::MutexLock lock(mutex_);
  return std::exchange(ended_, nullptr);
}

// --- The queue ---

AsyncCore::AsyncCore(Connection connection, AsyncOptions options)
    : options_(std::move(options)),
      connection_(std::move(connection)),
      answers_later_(connection_.answers_later()),
      uses_threads_(!answers_later_ || connection_.is_replica()) {
  // interrupt() alone does nothing to a statement that has not begun yet.
  if (uses_threads_) connection_.set_cancel_check([this] { return stop_.load(); });
}

void AsyncCore::begin(const Task& task) {
  bool runs = false;
  bool closed = false;
  {
    const core::MutexLock lock(mutex_);
    closed = closed_;
    if (!closed && running_ != nullptr) {
      waiting_.push_back(task);
    } else if (!closed) {
      running_ = task;
      runs = true;
    }
  }
  if (closed) return fail(task, Error(ErrorKind::closed, "the connection is closed"));
  if (runs) dispatch(task);
  task->watch_stop();
}

// A copy: `task` may be a member. NOLINTNEXTLINE(performance-unnecessary-value-param)
void AsyncCore::dispatch(Task task) noexcept {
  if (!uses_threads_) return drive(std::move(task));
  try {
    if (pool().post([self = shared_from_this(), task] { self->drive(task); })) return;
    task->set_error(Error(ErrorKind::closed, "the threads of the library have been stopped"));
  } catch (const Error& error) {
    task->set_error(error);
  } catch (const std::bad_alloc&) {
    task->set_error(Error(ErrorKind::out_of_memory, "out of memory"));
  }
  end(task);
}

void AsyncCore::end(const Task& task) noexcept { drive(conclude(task)); }

void AsyncCore::drive(Task task) noexcept {
  while (task != nullptr && run(*task)) task = conclude(task);
}

bool AsyncCore::run(AsyncTask& task) noexcept {
  if (task.given_up()) {
    task.set_error(interrupted());
    return true;
  }
  const Limits limits = task.limits();
  if (limits.deadline && std::chrono::steady_clock::now() >= *limits.deadline) {
    task.set_error(Error(ErrorKind::timeout, "the deadline passed while the call waited"));
    return true;
  }
  Started started = Started::finished;
  try {
    started = connection_.start(task.request(), limits, task);
  } catch (const Error& error) {  // Nothing has begun.
    task.finished(&error, {});
  }
  // Given up before the session knew of it.
  if (started == Started::pending && task.given_up()) connection_.cancel(task);
  return task.is_second();
}

AsyncCore::Task AsyncCore::conclude(const Task& task) noexcept {
  Task next;
  bool closes = false;
  {
    const core::MutexLock lock(mutex_);
    stop_ = false;
    if (!waiting_.empty()) {
      next = std::move(waiting_.front());
      waiting_.pop_front();
    }
    running_ = next;
    closes = closed_;
  }
  if (closes) connection_.close();
  // Before the result, whose receiver may take its time.
  if (next != nullptr && uses_threads_) dispatch(std::exchange(next, nullptr));
  deliver(task);
  return next;
}

void AsyncCore::deliver(const Task& task) noexcept {
  AsyncTask::Ended ended = task->take_ended();
  if (!ended) return;
  const auto tell = [task, ended = std::move(ended)] {
    ended(task->error() ? &*task->error() : nullptr);
  };
  if (options_.resume_on) return options_.resume_on(tell);
  tell();
}

void AsyncCore::fail(const Task& task, const Error& error) noexcept {
  task->set_error(error);
  deliver(task);
}

void AsyncCore::stop_running(AsyncTask& task) noexcept {
  if (answers_later_) return connection_.cancel(task);
  connection_.interrupt();
}

void AsyncCore::cancel(AsyncTask& task) noexcept {
  Task waited;
  bool runs = false;
  {
    const core::MutexLock lock(mutex_);
    const auto found =
        std::ranges::find(waiting_, &task, [](const Task& one) { return one.get(); });
    if (found != waiting_.end()) {
      waited = std::move(*found);
      waiting_.erase(found);
    } else if (running_.get() == &task) {
      task.give_up();
      stop_ = runs = true;
      if (!answers_later_) stop_running(task);  // Under the mutex, so that it meets no other task.
    }
  }
  if (waited != nullptr) return fail(waited, interrupted());
  if (runs && answers_later_) stop_running(task);
}

void AsyncCore::close() noexcept {
  std::deque<Task> failing;
  Task running;
  {
    const core::MutexLock lock(mutex_);
    if (std::exchange(closed_, true)) return;
    failing.swap(waiting_);
    running = running_;
  }
  for (const Task& task : failing) fail(task, Error(ErrorKind::closed, "the connection is closed"));
  if (running == nullptr) return connection_.close();
  cancel(*running);
}

// --- What the templates call ---

std::shared_ptr<AsyncTask> make_async(const std::shared_ptr<AsyncCore>& core,
                                      std::shared_ptr<AsyncOperation> operation, AsyncLimits limits,
                                      std::function<void(const Error*)> ended) {
  if (core == nullptr) throw Error(ErrorKind::closed, "the connection has been moved away");
  return std::make_shared<AsyncTask>(core, std::move(operation), std::move(limits),
                                     std::move(ended));
}

// A copy: the caller may be gone before this returns.
// NOLINTNEXTLINE(performance-unnecessary-value-param)
void begin_async(std::shared_ptr<AsyncTask> task) {
  AsyncCore& core = *task->core();
  core.begin(task);
}

void abandon_async(AsyncTask& task) noexcept {
  static_cast<void>(task.take_ended());
  task.core()->cancel(task);
}

}  // namespace libsql::detail
