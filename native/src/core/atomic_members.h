// Which statements may run among those of which all or none are kept: none that would end their
// transaction, or the savepoint around them.
#ifndef LIBSQL_CORE_ATOMIC_MEMBERS_H_
#define LIBSQL_CORE_ATOMIC_MEMBERS_H_

#include <string>
#include <string_view>
#include <vector>

#include "libsql/sql.h"

namespace libsql::core {

// Threads: thread-compatible.
class AtomicMembers {
 public:
  // To be called before each statement, in their order. Errors: misuse for COMMIT, ROLLBACK, and
  // RELEASE or ROLLBACK TO a savepoint that was not opened among them.
  void admit(StatementKind kind, std::string_view sql);

 private:
  std::vector<std::string> savepoints_;  // Opened among them; in lower case.
};

}  // namespace libsql::core

#endif  // LIBSQL_CORE_ATOMIC_MEMBERS_H_
