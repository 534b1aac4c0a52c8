// Transactions and savepoints that end with their scope.
#include "libsql/transaction.h"

#include <algorithm>
#include <utility>

#include "client/savepoints.h"
#include "core/sql_savepoint.h"
#include "libsql/connection.h"
#include "libsql/error.h"
#include "libsql/sql.h"
#include "libsql/statement.h"

namespace libsql {

using SavepointOp = core::Session::SavepointOp;

void client::run_savepoint(core::Session& session, SavepointOp operation, std::string_view name) {
  if (!is_identifier(name)) {
    throw Error(ErrorKind::invalid_argument, "not a savepoint name: " + std::string(name));
  }
  if (!session.in_transaction()) {
    throw Error(ErrorKind::misuse, "a savepoint needs a transaction, and none is active");
  }
  session.savepoint(operation, name);
}

void client::undo_savepoint(core::Session& session, std::string_view name) noexcept {
  try {
    session.savepoint(SavepointOp::rollback_to, name);
    session.savepoint(SavepointOp::release, name);
    return;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::error) return;  // "no such savepoint"
  } catch (const std::exception&) {
  }
  try {
    session.rollback();
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
    // The next call on the session reports the error again.
  }
}

Savepoint::Savepoint(std::shared_ptr<core::Session> session, std::string name)
    : session_(std::move(session)),
      name_(std::move(name)),
      serial_(session_->transaction_serial()) {}

Savepoint::Savepoint(Savepoint&& other) noexcept
    : session_(std::move(other.session_)),
      name_(std::move(other.name_)),
      serial_(other.serial_),
      active_(std::exchange(other.active_, false)) {}

Savepoint::~Savepoint() {
  if (!active_ || !session_->is_open()) return;
  if (session_->in_transaction() && session_->transaction_serial() == serial_) {
    client::undo_savepoint(*session_, name_);
  }
}

void Savepoint::release() {
  if (!active_) throw Error(ErrorKind::misuse, "no such savepoint: " + name_);
  client::run_savepoint(*session_, SavepointOp::release, name_);
  active_ = false;
}

void Savepoint::rollback() {
  if (!active_) throw Error(ErrorKind::misuse, "no such savepoint: " + name_);
  client::run_savepoint(*session_, SavepointOp::rollback_to, name_);
}

Transaction::Transaction(std::shared_ptr<core::Session> session)
    : session_(std::move(session)), serial_(session_->transaction_serial()) {}

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

bool Transaction::active() const {
  return active_ && session_->in_transaction() && session_->transaction_serial() == serial_;
}

void Transaction::commit() {
  if (active_ && !session_->is_open()) throw Error(ErrorKind::closed, "the connection is closed");
  if (!active()) {
    throw Error(ErrorKind::misuse, "cannot commit - no transaction is active");
  }
  active_ = false;
  session_->commit();
}

void Transaction::rollback() {
  if (!active()) return;
  active_ = false;
  session_->rollback();
}

Savepoint Transaction::savepoint(TextView name) {
  if (!active()) throw Error(ErrorKind::misuse, "the transaction has ended");
  std::string owned(name);
  client::run_savepoint(*session_, SavepointOp::open, name);
  return Savepoint(session_, std::move(owned));
}

namespace {

// Nested scopes may share a name: SQLite takes the innermost.
constexpr std::string_view kAtomicSavepoint = "libsql_atomic";

bool ends_or_marks(StatementKind kind) noexcept {
  return kind == StatementKind::commit || kind == StatementKind::rollback ||
         kind == StatementKind::savepoint || kind == StatementKind::release;
}

// SQLite compares the names of savepoints without regard to ASCII case.
std::string lower_case(std::string name) {
  std::ranges::transform(name, name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return name;
}

}  // namespace

AtomicScope::AtomicScope(Connection& connection, TransactionMode mode)
    : session_(connection.session_), nested_(connection.in_transaction()) {
  if (nested_) {
    client::run_savepoint(*session_, SavepointOp::open, kAtomicSavepoint);
  } else {
    session_->begin(mode);
  }
  serial_ = session_->transaction_serial();
}

AtomicScope::~AtomicScope() {
  if (!kept_) undo();
}

void AtomicScope::admit(const Statement& statement) {
  if (!ends_or_marks(statement.kind())) return;
  const auto text = core::savepoint_text(statement.sql());
  if (text) {
    const std::string name = lower_case(text->name);
    if (text->op == core::SavepointText::Op::open) return savepoints_.push_back(name);
    const auto inner = std::ranges::find(savepoints_.rbegin(), savepoints_.rend(), name);
    if (inner != savepoints_.rend()) {
      const bool stays = text->op == core::SavepointText::Op::rollback_to;
      savepoints_.erase(stays ? inner.base() : std::prev(inner.base()), savepoints_.end());
      return;
    }
  }
  throw Error(ErrorKind::misuse, std::string(statement.sql()) +
                                     " cannot run among statements of which all or none are kept: "
                                     "it would end their transaction");
}

void AtomicScope::keep() {
  // A commit that fails has rolled back; a release that fails leaves the savepoint to undo().
  kept_ = !nested_;
  if (nested_) {
    client::run_savepoint(*session_, SavepointOp::release, kAtomicSavepoint);
  } else {
    session_->commit();
  }
  kept_ = true;
}

void AtomicScope::undo() noexcept {
  // SQLite may have rolled back all by itself (ON CONFLICT ROLLBACK, a full disk).
  if (!session_->is_open() || !session_->in_transaction()) return;
  if (session_->transaction_serial() != serial_) return;
  if (nested_) return client::undo_savepoint(*session_, kAtomicSavepoint);
  try {
    session_->rollback();
  } catch (const std::exception&) {
    kept_ = true;  // The next call on the session reports the error again.
  }
}

}  // namespace libsql
