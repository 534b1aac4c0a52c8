// A session's transactions and savepoints, and what ending them costs.
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "libsql/sql.h"
#include "local/borrowed_statement.h"
#include "local/session.h"

namespace libsql::local {

namespace {

constexpr const char* kControlSql[] = {"BEGIN", "BEGIN IMMEDIATE", "BEGIN EXCLUSIVE", "COMMIT",
                                       "ROLLBACK"};

}  // namespace

LocalStatement& LocalSession::control(Control control) {
  const auto index = static_cast<std::size_t>(control);
  auto& statement = controls_[index];
  if (!statement) {
    const char* const sql = kControlSql[index];
    std::string_view tail;
    statement = std::make_unique<LocalStatement>(*this, compile_next(sql, &tail), sql);
  }
  return *statement;
}

void LocalSession::run_control(Control which) {
  // Rolling back must not need memory, so its statement is compiled before any transaction begins.
  static_cast<void>(control(Control::rollback));
  control(which).step();
}

void LocalSession::begin(TransactionMode mode) {
  db();
  if (in_transaction_) {
    throw Error(ErrorKind::misuse, "cannot start a transaction within a transaction", SQLITE_ERROR);
  }
  switch (mode) {
    case TransactionMode::immediate:
      return run_control(Control::immediate);
    case TransactionMode::exclusive:
      return run_control(Control::exclusive);
    case TransactionMode::deferred:
      return run_control(Control::deferred);
    case TransactionMode::read_only:
      run_control(Control::deferred);
      try {
        refuse_writes();
      } catch (const std::exception&) {
        rollback();
        throw;
      }
  }
}

void LocalSession::commit() {
  db();
  if (!in_transaction_) {
    throw Error(ErrorKind::misuse, "cannot commit - no transaction is active", SQLITE_ERROR);
  }
  try {
    run_control(Control::commit);
  } catch (const Error& refused) {
    if (refused.kind() == ErrorKind::would_block) throw;
    rollback();
    Recovery recovery = refused.recovery();
    recovery.transaction_lost = true;
    throw Error(refused.with_recovery(recovery));
  } catch (const std::bad_alloc&) {
    rollback();
    throw;
  }
}

bool LocalSession::rollback() {
  db();
  if (!in_transaction_) return false;
  run_control(Control::rollback);
  return true;
}

void LocalSession::savepoint(SavepointOp op, std::string_view name) {
  db();
  if (!in_transaction_) {
    throw Error(ErrorKind::misuse, "a savepoint needs a transaction, and none is active");
  }
  const char* verb = op == SavepointOp::open      ? "SAVEPOINT "
                     : op == SavepointOp::release ? "RELEASE "
                                                  : "ROLLBACK TO ";
  const BorrowedStatement statement(
      *this, compile_one(verb + quote_identifier(name), core::PrepareMode::cached));
  statement->step();
}

void LocalSession::undo_savepoint(std::string_view name) noexcept {
  try {
    savepoint(SavepointOp::rollback_to, name);
    savepoint(SavepointOp::release, name);
    return;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::error) return;  // "no such savepoint"
  } catch (const std::exception&) {
  }
  try {
    rollback();
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
    // The next call on the session reports the error again.
  }
}

StatementCost LocalSession::end_of_transaction_cost() const {
  if (in_upkeep()) return StatementCost::unbounded;
  const bool small = writes_ <= kMaxInlineWrites;
  const bool wrote = db_ && sqlite3_txn_state(db_.get(), nullptr) == SQLITE_TXN_WRITE;
  if (!wrote) return StatementCost::bounded_write;
  return small && commits_without_disk() ? StatementCost::bounded_write : StatementCost::unbounded;
}

bool LocalSession::commits_without_disk() const {
  if (!queue_) return checkpoints_due_.empty();
  return wal_ && !full_sync_ && queue_->checkpointed_frames.load() == 0 && !checkpoint_due() &&
         !log_sync_due();
}

bool LocalSession::writes_without_disk() const {
  return (wal_ && in_transaction_) || commits_without_disk();
}

}  // namespace libsql::local
