#include "local/cancellation.h"

#include <algorithm>
#include <exception>
#include <limits>
#include <new>
#include <utility>

namespace libsql::local {

namespace {

// How often a wait calls the cancel check.
constexpr std::chrono::milliseconds kCheckInterval{20};
// The busy handler's pauses, in milliseconds: short at first, because most locks are held briefly.
constexpr int kPauses[] = {1, 1, 2, 2, 5, 5, 10, 10, 20};
// Instructions between two looks at a budget. One may read several pages from the disk.
constexpr int kBudgetSteps = 50;

}  // namespace

void Cancellation::install(sqlite3* db, int progress_steps) noexcept {
  db_ = db;
  progress_steps_ = std::max(progress_steps, 1);
  install_progress_handler(progress_steps_);
  install_busy_handler(db);
}

void Cancellation::install_progress_handler(int steps) noexcept {
  if (db_ == nullptr) return;
  sqlite3_progress_handler(
      db_, steps, [](void* self) { return static_cast<Cancellation*>(self)->on_progress(); }, this);
}

void Cancellation::install_busy_handler(sqlite3* db) noexcept {
  sqlite3_busy_handler(
      db, [](void* self, int count) { return static_cast<Cancellation*>(self)->on_busy(count); },
      this);
}

void Cancellation::set_busy_timeout(std::chrono::milliseconds timeout) noexcept {
  constexpr std::chrono::milliseconds kLongest{std::numeric_limits<int>::max()};
  busy_timeout_ = std::clamp(timeout, std::chrono::milliseconds(0), kLongest);
}

void Cancellation::set_budget(std::optional<std::chrono::microseconds> budget) noexcept {
  budget_end_.reset();
  if (budget) budget_end_ = Clock::now() + *budget;
  install_progress_handler(budget ? std::min(progress_steps_, kBudgetSteps) : progress_steps_);
}

void Cancellation::start(bool alone, Stop stop) noexcept {
  if (alone) interrupted_.store(false, std::memory_order_relaxed);
  reason_ = Reason::none;
  stop_ = stop;
  waited_ = {};
  failure_.reset();
}

int Cancellation::step(sqlite3_stmt* stmt) noexcept {
  stepping_ = stmt;
  const int rc = sqlite3_step(stmt);
  stepping_ = nullptr;
  return rc;
}

void Cancellation::interrupt() noexcept {
  interrupted_.store(true);
  wake();
}

void Cancellation::wake() noexcept {
  const core::MutexLock lock(mutex_);
  woken_.notify_all();
}

void Cancellation::keep_failure(const std::string& who) {
  try {
    throw;
  } catch (const Error& error) {
    const bool same =
        error.kind() != ErrorKind::would_block;  // That would run the statement again.
    keep_failure(same ? error : Error(ErrorKind::error, error.message()));
  } catch (const std::exception& failure) {
    keep_failure(Error(ErrorKind::error, who + " has failed: " + failure.what()));
  } catch (...) {
    keep_failure(Error(ErrorKind::error, who + " has failed"));
  }
}

void Cancellation::keep_failure(const Error& error) noexcept {
  if (!failure_) failure_ = error;
}

bool Cancellation::check_says_stop() noexcept {
  if (!check_) return false;
  const CallbackScope scope(*this);
  try {
    try {
      return check_() || failure_.has_value();
    } catch (...) {
      keep_failure("the cancel check");
    }
  } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch)
    // The statement is stopped, as interrupted.
  }
  return true;
}

bool Cancellation::must_stop() noexcept {
  if (interrupted_.load(std::memory_order_relaxed) || check_says_stop()) {
    reason_ = Reason::interrupted;
  } else if (deadline_ && Clock::now() >= *deadline_) {
    reason_ = Reason::timeout;
  } else {
    return false;
  }
  return true;
}

int Cancellation::on_progress() noexcept {
  if (stop_ == Stop::never) return 0;
  if (!must_stop()) {
    if (stop_ != Stop::on_budget || !budget_end_ || Clock::now() < *budget_end_) return 0;
    reason_ = Reason::budget;
  }
  if (stepping_ == nullptr || sqlite3_stmt_busy(stepping_) != 0) return 1;
  // SQLite calls the handler once more when the program has ended. Stopping it there would report
  // an error for a statement that has been carried out.
  reason_ = Reason::none;
  return 0;
}

int Cancellation::on_busy(int count) noexcept {
  ++busy_retries_;
  if (budget_end_) {
    reason_ = Reason::budget;
    return 0;
  }
  const Clock::time_point now = Clock::now();
  if (count == 0) busy_since_ = now;
  const Clock::time_point give_up = busy_since_ + busy_timeout_ - waited_;
  if (must_stop() || now >= give_up) return 0;
  const auto step = std::min(static_cast<std::size_t>(count), std::size(kPauses) - 1);
  sleep_until(std::min(now + std::chrono::milliseconds(kPauses[step]), give_up));
  return must_stop() ? 0 : 1;
}

void Cancellation::sleep_until(Clock::time_point end) {
  core::MutexLock lock(mutex_);
  while (!interrupted_.load() && woken_.wait_until(lock, end)) {
  }
}

bool Cancellation::wait_until(const std::function<bool()>& done) {
  const Clock::time_point give_up = Clock::now() + busy_timeout_;
  while (!done()) {
    if (must_stop() || Clock::now() >= give_up) return done();
    Clock::time_point end = deadline_ ? std::min(give_up, *deadline_) : give_up;
    if (check_) end = std::min(end, Clock::now() + kCheckInterval);
    core::MutexLock lock(mutex_);
    // Tested under the mutex, so that a wake-up between test and wait is not lost.
    if (!done() && !interrupted_.load()) woken_.wait_until(lock, end);
  }
  return true;
}

}  // namespace libsql::local
