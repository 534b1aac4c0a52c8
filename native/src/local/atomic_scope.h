// All or nothing: a transaction of its own, or a savepoint inside the one that is open. Rolls back
// unless it is kept.
#ifndef LIBSQL_LOCAL_ATOMIC_SCOPE_H_
#define LIBSQL_LOCAL_ATOMIC_SCOPE_H_

#include <cstdint>

#include "core/atomic_members.h"
#include "libsql/options.h"
#include "local/session.h"
#include "local/statement.h"

namespace libsql::local {

// Threads: thread-compatible, together with its session.
class AtomicScope {
 public:
  // `mode` is that of a transaction of its own; a savepoint ignores it.
  AtomicScope(LocalSession& session, TransactionMode mode);
  AtomicScope(const AtomicScope&) = delete;
  AtomicScope& operator=(const AtomicScope&) = delete;
  ~AtomicScope();

  // To be called before each statement that runs inside. Errors: misuse for one that would end the
  // transaction or savepoint, so that the changes could no longer be undone: COMMIT, ROLLBACK, and
  // RELEASE or ROLLBACK TO a savepoint that was not opened inside.
  void admit(const LocalStatement& statement);
  // Commits, or releases the savepoint. Errors: whatever refuses that; nothing is then kept.
  void keep();

 private:
  void undo() noexcept;

  LocalSession& session_;
  const bool nested_;
  bool kept_ = false;
  std::uint64_t serial_ = 0;
  core::AtomicMembers members_;
};

}  // namespace libsql::local

#endif  // LIBSQL_LOCAL_ATOMIC_SCOPE_H_
