// Savepoints by name, for Connection and Transaction. Internal to client/.
#ifndef LIBSQL_CLIENT_SAVEPOINTS_H_
#define LIBSQL_CLIENT_SAVEPOINTS_H_

#include <string_view>

#include "core/session.h"

namespace libsql::client {

// Errors: invalid_argument unless is_identifier(name); misuse outside a transaction.
void run_savepoint(core::Session& session, core::Session::SavepointOp operation,
                   std::string_view name);

}  // namespace libsql::client

#endif  // LIBSQL_CLIENT_SAVEPOINTS_H_
