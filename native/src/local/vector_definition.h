// Runs a statement that makes or ends an index on vectors, together with what belongs to the index.
#ifndef LIBSQL_LOCAL_VECTOR_DEFINITION_H_
#define LIBSQL_LOCAL_VECTOR_DEFINITION_H_

#include <string_view>

#include <sqlite3.h>

#include "local/session.h"

namespace libsql::local {

// Steps `stmt`, whose text is `sql`, a CREATE, DROP or REINDEX. If it makes an index on vectors or
// may end one, it runs to its end with what vector::Definition adds: all of it takes effect, or
// nothing. The rows of the table are read; an interrupt or a deadline stops that, too. Returns
// SQLite's code. If an addition has failed, Cancellation::failure() has its error.
[[nodiscard]] int step_definition(LocalSession& session, sqlite3_stmt* stmt,
                                  std::string_view sql) noexcept;

// Steps an ATTACH, and does the following with what it has attached.
[[nodiscard]] int step_attach(LocalSession& session, sqlite3_stmt* stmt,
                              std::string_view sql) noexcept;

// Makes indexes on vectors that libSQL has built ours (vector/libsql_index.h): all of them, or none
// when it throws Error. On a connection that may only read they are hidden from SQLite instead.
// Costs a few look-ups in the schema where there are none.
void take_over_libsql_indexes(LocalSession& session);

}  // namespace libsql::local

#endif  // LIBSQL_LOCAL_VECTOR_DEFINITION_H_
