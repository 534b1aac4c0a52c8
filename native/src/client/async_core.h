// The calls of an asynchronous connection: a queue, one call at a time. Internal to client/.
//
// A task's life: made, begun (queued, then running), ended, delivered. Whoever ends one takes the
// next from the queue.
#ifndef LIBSQL_CLIENT_ASYNC_CORE_H_
#define LIBSQL_CLIENT_ASYNC_CORE_H_

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

#include "core/mutex.h"
#include "libsql/async.h"
#include "libsql/connection.h"
#include "libsql/receiver.h"

namespace libsql::detail {

// Threads: as written at each call.
class AsyncTask final : public Receiver, public std::enable_shared_from_this<AsyncTask> {
 public:
  using Ended = std::function<void(const Error*)>;
  AsyncTask(std::shared_ptr<AsyncCore> core, std::shared_ptr<AsyncOperation> operation,
            AsyncLimits limits, Ended ended);

  // --- The receiver: where the session answers ---
  void columns(std::span<const std::string_view> names) override;
  bool row(std::span<const ValueView> values) override;
  void done(StatementKind kind, std::int64_t count) override;
  // Without memory it ends the process. NOLINTNEXTLINE(bugprone-exception-escape)
  void finished(const Error* error, const SessionState& state) noexcept override;
  [[nodiscard]] std::shared_ptr<Receiver> detach() override { return shared_from_this(); }

  // --- For the core ---
  [[nodiscard]] AsyncCore* core() const noexcept { return core_.get(); }
  // Ends the task when it is asked to stop.
  void watch_stop();
  [[nodiscard]] Request request() { return operation_->request(); }
  [[nodiscard]] Limits limits() const;
  // Both the session's last word and the return of start() end a run; true for the second.
  [[nodiscard]] bool is_second() noexcept { return ends_.fetch_add(1) == 1; }
  void set_error(const Error& error) noexcept { error_ = error; }
  void give_up() noexcept { given_up_ = true; }
  [[nodiscard]] bool given_up() const noexcept { return given_up_; }
  // The callback, once.
  [[nodiscard]] Ended take_ended() LIBSQL_EXCLUDES(mutex_);
  [[nodiscard]] const std::optional<Error>& error() const noexcept { return error_; }

 private:
  const std::shared_ptr<AsyncCore> core_;
  const std::shared_ptr<AsyncOperation> operation_;
  const AsyncLimits limits_;
  std::atomic<int> ends_{0};
  std::atomic<bool> given_up_{false};
  std::optional<Error> error_;  // Written by who ends the run, read afterwards.
  core::Mutex mutex_;
  Ended ended_ LIBSQL_GUARDED_BY(mutex_);
  std::optional<std::stop_callback<std::function<void()>>> on_stop_;
};

// Threads: thread-safe.
class AsyncCore final : public std::enable_shared_from_this<AsyncCore> {
 public:
  AsyncCore(Connection connection, AsyncOptions options);
  AsyncCore(const AsyncCore&) = delete;
  AsyncCore& operator=(const AsyncCore&) = delete;
  ~AsyncCore() = default;

  void begin(const std::shared_ptr<AsyncTask>& task) LIBSQL_EXCLUDES(mutex_);
  void cancel(AsyncTask& task) noexcept LIBSQL_EXCLUDES(mutex_);
  void close() noexcept LIBSQL_EXCLUDES(mutex_);
  // The run has ended; goes on with the next ones.
  void end(const std::shared_ptr<AsyncTask>& task) noexcept LIBSQL_EXCLUDES(mutex_);

 private:
  using Task = std::shared_ptr<AsyncTask>;
  // Runs tasks until one answers later, or no more are for this thread.
  void drive(Task task) noexcept LIBSQL_EXCLUDES(mutex_);
  // Begins to run where it may: on a thread of the pool, or on this one.
  void dispatch(Task task) noexcept;
  // True if the run has ended.
  [[nodiscard]] bool run(AsyncTask& task) noexcept;
  // Delivers the result; the next task, if it is for this thread.
  [[nodiscard]] Task conclude(const Task& task) noexcept LIBSQL_EXCLUDES(mutex_);
  void stop_running(AsyncTask& task) noexcept;
  void deliver(const Task& task) noexcept;
  void fail(const Task& task, const Error& error) noexcept;

  const AsyncOptions options_;
  Connection connection_;  // Used by the task that runs; interrupted by any thread.
  const bool answers_later_;
  const bool uses_threads_;        // What runs within start() is not for the caller's thread.
  std::atomic<bool> stop_{false};  // The running task has been given up.
  core::Mutex mutex_;
  std::deque<Task> waiting_ LIBSQL_GUARDED_BY(mutex_);
  Task running_ LIBSQL_GUARDED_BY(mutex_);
  bool closed_ LIBSQL_GUARDED_BY(mutex_) = false;
};

}  // namespace libsql::detail

#endif  // LIBSQL_CLIENT_ASYNC_CORE_H_
