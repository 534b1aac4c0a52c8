// Opens the database of a replica for its writer, and makes an empty one.
#ifndef LIBSQL_REPLICA_DATABASE_H_
#define LIBSQL_REPLICA_DATABASE_H_

#include "local/keys.h"
#include "local/sqlite.h"

namespace libsql::replica {

// A connection to the database that exists. Errors: those of opening; unsupported if it is not in
// WAL mode.
[[nodiscard]] local::DbHandle open_database(const local::Keys& keys);

// Makes a database without tables, in WAL mode with pages of 4096 bytes, for connections that must
// be open before the first pages arrive. They notice whatever the primary's database is like.
// Errors: those of opening; misuse if the file has content.
void create_placeholder(const local::Keys& keys);

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_DATABASE_H_
