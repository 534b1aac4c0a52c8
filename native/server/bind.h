// Gives a statement its values, by the strict rules of sqld.
#ifndef LIBSQL_SERVER_BIND_H_
#define LIBSQL_SERVER_BIND_H_

#include "hrana/messages.h"
#include "libsql/statement.h"

namespace libsql::server {

// `?` and `?N` take from `args`, `:a`, `@a` and `$a` from `named_args` alone, where the name may
// lack its prefix. Every parameter needs a value, except under EXPLAIN. The values are borrowed
// until the end of the execution.
// Errors: SqlError ARGS_INVALID, ARGS_BOTH_POSITIONAL_AND_NAMED; Error.
void bind(Statement& statement, const hrana::Stmt& stmt);

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_BIND_H_
