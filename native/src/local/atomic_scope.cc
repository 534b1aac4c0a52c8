#include "local/atomic_scope.h"

#include <exception>

#include "libsql/error.h"

namespace libsql::local {

namespace {

// Nested scopes may share a name: SQLite takes the innermost.
constexpr std::string_view kAtomicSavepoint = "libsql_atomic";

}  // namespace

AtomicScope::AtomicScope(LocalSession& session, TransactionMode mode)
    : session_(session), nested_(session.in_transaction()) {
  if (nested_) {
    session_.savepoint(SavepointOp::open, kAtomicSavepoint);
  } else {
    session_.begin(mode);
  }
  serial_ = session_.transaction_serial();
}

AtomicScope::~AtomicScope() {
  if (!kept_) undo();
}

void AtomicScope::admit(const LocalStatement& statement) {
  members_.admit(statement.kind(), statement.sql());
}

void AtomicScope::keep() {
  // A commit that fails has rolled back; a release that fails leaves the savepoint to undo().
  kept_ = !nested_;
  if (nested_) {
    session_.savepoint(SavepointOp::release, kAtomicSavepoint);
  } else {
    session_.commit();
  }
  kept_ = true;
}

void AtomicScope::undo() noexcept {
  // SQLite may have rolled back all by itself (ON CONFLICT ROLLBACK, a full disk).
  if (!session_.is_open() || !session_.in_transaction()) return;
  if (session_.transaction_serial() != serial_) return;
  if (nested_) return session_.undo_savepoint(kAtomicSavepoint);
  try {
    session_.rollback();
  } catch (const std::exception&) {
    kept_ = true;  // The next call on the session reports the error again.
  }
}

}  // namespace libsql::local
