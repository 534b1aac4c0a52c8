// Transactions and savepoints that end with their scope.
#include "libsql/transaction.h"

#include <utility>

#include "client/blocking_receiver.h"
#include "libsql/error.h"

namespace libsql {

namespace {

bool is_open_in(core::Session& session, std::uint64_t transaction) {
  const SessionState state = session.state();
  return state.in_transaction && state.transaction == transaction;
}

// Rolls back to a savepoint and releases it, for destructors. Does nothing if it has ended with an
// outer one. If that fails for lack of memory, rolls back the whole transaction, so that no part of
// the savepoint's changes is kept.
void undo_savepoint(core::Session& session, std::string_view name) noexcept {
  try {
    client::run(session, request::Savepoint{SavepointOp::rollback_to, name});
    client::run(session, request::Savepoint{SavepointOp::release, name});
    return;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::error) return;  // "no such savepoint"
  } catch (const std::exception&) {
  }
  try {
    client::run(session, request::Rollback{});
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
    // The next call on the session reports the error again.
  }
}

}  // namespace

Savepoint::Savepoint(std::shared_ptr<core::Session> session, std::string name)
    : session_(std::move(session)),
      name_(std::move(name)),
      serial_(session_->state().transaction) {}

Savepoint::Savepoint(Savepoint&& other) noexcept
    : session_(std::move(other.session_)),
      name_(std::move(other.name_)),
      serial_(other.serial_),
      active_(std::exchange(other.active_, false)) {}

Savepoint::~Savepoint() {
  if (!active_ || !session_->is_open()) return;
  if (is_open_in(*session_, serial_)) undo_savepoint(*session_, name_);
}

void Savepoint::release() {
  if (!active_) throw Error(ErrorKind::misuse, "no such savepoint: " + name_);
  client::run(*session_, request::Savepoint{SavepointOp::release, name_});
  active_ = false;
}

void Savepoint::rollback() {
  if (!active_) throw Error(ErrorKind::misuse, "no such savepoint: " + name_);
  client::run(*session_, request::Savepoint{SavepointOp::rollback_to, name_});
}

Transaction::Transaction(std::shared_ptr<core::Session> session)
    : session_(std::move(session)), serial_(session_->state().transaction) {}

Transaction::Transaction(Transaction&& other) noexcept
    : session_(std::move(other.session_)),
      active_(std::exchange(other.active_, false)),
      serial_(other.serial_) {}

Transaction::~Transaction() {
  if (!active_ || !session_->is_open()) return;
  try {
    rollback();
  } catch (const std::exception&) {
    active_ = false;  // The next call on the session reports the error again.
  }
}

bool Transaction::active() const { return active_ && is_open_in(*session_, serial_); }

void Transaction::commit() {
  if (active_ && !session_->is_open()) throw Error(ErrorKind::closed, "the connection is closed");
  if (!active()) {
    throw Error(ErrorKind::misuse, "cannot commit - no transaction is active");
  }
  active_ = false;
  client::run(*session_, request::Commit{});
}

void Transaction::rollback() {
  if (!active()) return;
  active_ = false;
  client::run(*session_, request::Rollback{});
}

Savepoint Transaction::savepoint(TextView name) {
  if (!active()) throw Error(ErrorKind::misuse, "the transaction has ended");
  std::string owned(name);
  client::run(*session_, request::Savepoint{SavepointOp::open, name});
  return Savepoint(session_, std::move(owned));
}

}  // namespace libsql
