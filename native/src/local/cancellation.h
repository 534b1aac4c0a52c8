// The reasons why a running statement must stop, and how long it may wait: interrupt, deadline,
// work budget, the caller's death, busy timeout. Installs SQLite's progress and busy handlers.
#ifndef LIBSQL_LOCAL_CANCELLATION_H_
#define LIBSQL_LOCAL_CANCELLATION_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <sqlite3.h>

#include "core/mutex.h"
#include "libsql/error.h"

namespace libsql::local {

// Threads: interrupt() and wake() from any thread, the rest on the connection's thread.
class Cancellation {
 public:
  using Clock = std::chrono::steady_clock;
  enum class Reason : std::uint8_t { none, interrupted, timeout, budget };

  // Installs the two handlers. The object must outlive `db`, or uninstall() must be called first.
  void install(sqlite3* db, int progress_steps) noexcept;
  // The connection is about to be closed.
  void uninstall() noexcept { db_ = nullptr; }
  // Installs it again after sqlite3_busy_timeout() has replaced it.
  void install_busy_handler(sqlite3* db) noexcept;

  // Clamped to the range of SQLite's own timeout: 0 to 2^31 - 1 milliseconds.
  void set_busy_timeout(std::chrono::milliseconds timeout) noexcept;
  [[nodiscard]] std::chrono::milliseconds busy_timeout() const noexcept { return busy_timeout_; }
  void set_deadline(std::optional<Clock::time_point> deadline) noexcept { deadline_ = deadline; }
  [[nodiscard]] std::optional<Clock::time_point> deadline() const noexcept { return deadline_; }
  void set_check(std::function<bool()> cancelled) noexcept { check_ = std::move(cancelled); }
  // The budget runs from now on.
  void set_budget(std::optional<std::chrono::microseconds> budget) noexcept;
  [[nodiscard]] bool has_budget() const noexcept { return budget_end_.has_value(); }

  // How long the running statement has waited in the writer queue: the busy handler waits for the
  // rest of the busy timeout.
  void set_waited(Clock::duration waited) noexcept { waited_ = waited; }

  // What may stop a statement between two of its instructions.
  enum class Stop : std::uint8_t {
    never,       // BEGIN, COMMIT, SAVEPOINT, ...: a few instructions
    on_request,  // the caller
    on_budget,   // a read: the end of the budget as well
  };

  // A statement starts. `alone`: no other is running, so an old interrupt is forgotten.
  void start(bool alone, Stop stop) noexcept;
  // Runs one step, which the handlers may stop as long as the program has not ended.
  [[nodiscard]] int step(sqlite3_stmt* stmt) noexcept;
  // Why the statement was stopped; none if SQLite's own error counts.
  [[nodiscard]] Reason reason() const noexcept { return reason_; }

  // While it lives, a callback of the caller's runs in the middle of the connection's work.
  class CallbackScope {
   public:
    explicit CallbackScope(Cancellation& cancellation) noexcept : cancellation_(cancellation) {
      ++cancellation_.callbacks_;
    }
    CallbackScope(const CallbackScope&) = delete;
    CallbackScope& operator=(const CallbackScope&) = delete;
    ~CallbackScope() { --cancellation_.callbacks_; }

   private:
    Cancellation& cancellation_;
  };
  [[nodiscard]] bool in_callback() const noexcept { return callbacks_ > 0; }
  // Keeps the exception that is being handled as the error of the running statement; `who` has
  // thrown it. Throws std::bad_alloc.
  void keep_failure(const std::string& who);
  // The same for an error; an earlier one stays.
  void keep_failure(const Error& error) noexcept;
  [[nodiscard]] const std::optional<Error>& failure() const noexcept { return failure_; }

  // For work that SQLite's handlers do not see: true once it must stop.
  [[nodiscard]] bool stop_requested() noexcept { return must_stop(); }

  // Stops the running statement, or its wait.
  void interrupt() noexcept LIBSQL_EXCLUDES(mutex_);
  // Wakes wait_until().
  void wake() noexcept LIBSQL_EXCLUDES(mutex_);
  // Waits until `done()`, for at most the busy timeout. False if it ended before; reason() is then
  // none (the busy timeout), interrupted or timeout (the deadline).
  [[nodiscard]] bool wait_until(const std::function<bool()>& done) LIBSQL_EXCLUDES(mutex_);

  [[nodiscard]] std::uint64_t busy_retries() const noexcept { return busy_retries_; }

 private:
  void install_progress_handler(int steps) noexcept;
  // Checks interrupt, caller and deadline, and records the reason.
  [[nodiscard]] bool must_stop() noexcept;
  // Asks the caller's check; what it throws, or that it has tried to close, stops the statement.
  [[nodiscard]] bool check_says_stop() noexcept;
  [[nodiscard]] int on_progress() noexcept;
  [[nodiscard]] int on_busy(int count) noexcept LIBSQL_EXCLUDES(mutex_);
  void sleep_until(Clock::time_point end) LIBSQL_EXCLUDES(mutex_);

  sqlite3* db_ = nullptr;
  int progress_steps_ = 1;
  std::atomic<bool> interrupted_{false};
  Reason reason_ = Reason::none;
  Stop stop_ = Stop::on_request;
  sqlite3_stmt* stepping_ = nullptr;
  std::chrono::milliseconds busy_timeout_{0};
  std::optional<Clock::time_point> deadline_;
  std::optional<Clock::time_point> budget_end_;
  std::function<bool()> check_;
  int callbacks_ = 0;
  std::optional<Error> failure_;
  Clock::time_point busy_since_;
  Clock::duration waited_{};
  std::uint64_t busy_retries_ = 0;

  core::Mutex mutex_;
  core::CondVar woken_;
};

}  // namespace libsql::local

#endif  // LIBSQL_LOCAL_CANCELLATION_H_
