// Gives a statement its values, without asking the server for its parameters: they are found in the
// text.
#ifndef LIBSQL_REMOTE_BIND_H_
#define LIBSQL_REMOTE_BIND_H_

#include <string_view>

#include "hrana/messages.h"
#include "libsql/request.h"

namespace libsql::remote {

// The statement with its values, which are borrowed. Servers bind `?` by position and everything
// else by name, never both in one statement.
// Errors: those of a local session for values that do not fit; unsupported for a statement with
// parameters of both sorts.
[[nodiscard]] hrana::Stmt bound(std::string_view sql, Parameters* parameters);

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_BIND_H_
