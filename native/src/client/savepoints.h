// Savepoints by name, for Connection and Transaction. Internal to client/.
#ifndef LIBSQL_CLIENT_SAVEPOINTS_H_
#define LIBSQL_CLIENT_SAVEPOINTS_H_

#include <string_view>

#include "core/session.h"

namespace libsql::client {

// Errors: invalid_argument unless is_identifier(name); misuse outside a transaction.
void run_savepoint(core::Session& session, core::Session::SavepointOp operation,
                   std::string_view name);

// Rolls back to a savepoint and releases it, for destructors. Does nothing if it has ended with an
// outer one. If that fails for lack of memory, rolls back the whole transaction, so that no part of
// the savepoint's changes is kept.
void undo_savepoint(core::Session& session, std::string_view name) noexcept;

}  // namespace libsql::client

#endif  // LIBSQL_CLIENT_SAVEPOINTS_H_
