// The error of a statement that did not run because its transaction was over.
#ifndef LIBSQL_REMOTE_TRANSACTION_ERROR_H_
#define LIBSQL_REMOTE_TRANSACTION_ERROR_H_

#include "libsql/error.h"

namespace libsql::remote {

inline constexpr int kAbortRollback = 516;  // SQLITE_ABORT_ROLLBACK: sqlite.org/rescode.html

[[nodiscard]] inline Error rolled_back() {
  Recovery recovery;
  recovery.transaction_lost = true;
  recovery.retryable = true;
  return Error(ErrorKind::misuse,
               "the server has rolled the transaction back: run it again from its beginning",
               kAbortRollback)
      .with_recovery(recovery);
}

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_TRANSACTION_ERROR_H_
