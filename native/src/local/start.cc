// Starts requests on a local session: sets their limits, runs them, reports how they ended.
#include <exception>
#include <new>
#include <optional>

#include "libsql/error.h"
#include "local/request_runner.h"
#include "local/session.h"

namespace libsql::local {

// The limits of a request, for the time that it runs.
class LocalSession::LimitScope {
 public:
  LimitScope(LocalSession& session, const Limits& limits)
      : session_(session),
        deadline_(session.cancellation_->deadline()),
        has_budget_(limits.budget.has_value()),
        waits_(session.write_wait_) {
    session_.has_request_ = true;
    if (limits.deadline) session_.cancellation_->set_deadline(limits.deadline);
    if (has_budget_) session_.cancellation_->set_budget(limits.budget);
    if (limits.queue) session_.write_wait_ = false;
  }
  LimitScope(const LimitScope&) = delete;
  LimitScope& operator=(const LimitScope&) = delete;
  ~LimitScope() {
    session_.has_request_ = false;
    session_.cancellation_->set_deadline(deadline_);
    if (has_budget_) session_.cancellation_->set_budget({});
    session_.write_wait_ = waits_;
  }

 private:
  LocalSession& session_;
  const std::optional<std::chrono::steady_clock::time_point> deadline_;
  const bool has_budget_;
  const bool waits_;
};

namespace {

// Made before memory is short: copying it allocates nothing.
const Error kOutOfMemory{ErrorKind::out_of_memory, "out of memory"};

Error described(const char* text, ErrorKind kind = ErrorKind::error) noexcept {
  try {
    return {kind, text};
  } catch (const std::bad_alloc&) {
    return kOutOfMemory;
  }
}

// The failure that is being handled.
Error current_failure() noexcept {
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return kOutOfMemory;
  } catch (const std::exception& failure) {
    return described(failure.what());
  } catch (...) {
    return described("the receiver of a request has failed");
  }
}

}  // namespace

Started LocalSession::start(const Request& request, const Limits& limits, Receiver& receiver) {
  std::optional<Error> failure;
  if (cancellation_->in_callback()) {
    // Before its limits replace those of what runs.
    try {
      refuse_in_callback();
    } catch (...) {
      failure = current_failure();
    }
  } else if (has_request_) {
    failure = described(
        "a request cannot be started from within the answer to another one: start it once that has "
        "finished",
        ErrorKind::misuse);
  } else {
    const LimitScope scope(*this, limits);
    RequestRunner runner(*this, limits, receiver);
    try {
      db();
      const Started started = runner.run(request);
      if (started != Started::finished) return started;
    } catch (...) {
      failure = current_failure();
    }
    const bool may_try_again = limits.budget || limits.queue;
    if (failure && failure->kind() == ErrorKind::would_block && may_try_again) {
      try {
        return runner.blocked();
      } catch (...) {
        failure = current_failure();
      }
    }
  }
  receiver.finished(failure ? &*failure : nullptr, state());
  return Started::finished;
}

SessionState LocalSession::state() const {
  SessionState state;
  state.in_transaction = in_transaction_;
  state.transaction = serial_;
  if (!db_) return state;
  state.changes = sqlite3_changes64(db_.get());
  state.total_changes = sqlite3_total_changes64(db_.get());
  state.last_insert_rowid = sqlite3_last_insert_rowid(db_.get());
  return state;
}

}  // namespace libsql::local
