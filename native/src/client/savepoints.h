// Savepoints by name, for Connection and Transaction. Internal to client/.
#ifndef LIBSQL_CLIENT_SAVEPOINTS_H_
#define LIBSQL_CLIENT_SAVEPOINTS_H_

#include <string_view>

#include "core/session.h"

namespace libsql::client {

// Errors: invalid_argument unless is_identifier(name); misuse outside a transaction.
void run_savepoint(core::Session& session, core::Session::SavepointOp operation,
                   std::string_view name);

// Undoes and ends a savepoint, for destructors. One that has gone with an outer one leaves nothing
// to undo. Where it cannot be undone (no memory), the whole transaction is: half of it is never
// kept.
void undo_savepoint(core::Session& session, std::string_view name) noexcept;

}  // namespace libsql::client

#endif  // LIBSQL_CLIENT_SAVEPOINTS_H_
