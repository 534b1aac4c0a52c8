#include "local/atomic_scope.h"

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

#include "core/sql_savepoint.h"
#include "libsql/error.h"
#include "libsql/sql.h"

namespace libsql::local {

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
  if (!ends_or_marks(statement.kind())) return;
  const auto& text = statement.savepoint();
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
