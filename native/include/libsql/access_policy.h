// What SQL on a connection may not do: a fixed deny list, evaluated while statements are compiled.
#ifndef LIBSQL_ACCESS_POLICY_H_
#define LIBSQL_ACCESS_POLICY_H_

#include <set>
#include <vector>

#include "libsql/text.h"

namespace libsql {

enum class Action {
  read,  // SELECT and column reads
  insert,
  update,
  del,
  ddl,  // CREATE, DROP, ALTER, REINDEX, ANALYZE
  pragma,
  attach,          // ATTACH and DETACH
  transaction,     // BEGIN, COMMIT, ROLLBACK, SAVEPOINT, ...
  function,        // any SQL function but the built-in operators
  load_extension,  // the SQL function load_extension()
  recursive,       // recursive common table expressions
};

// Denies an action everywhere, or on one table, pragma or function.
struct Denial {
  Action action;
  // A table, pragma or function name, compared without case; empty denies all.
  Text object;
};

// Deny lists only: what no denial names is allowed.
struct AccessPolicy {
  std::vector<Denial> deny;
};

}  // namespace libsql

#endif  // LIBSQL_ACCESS_POLICY_H_
