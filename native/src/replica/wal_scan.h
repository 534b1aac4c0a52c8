// Reads a write-ahead log from its file, as SQLite does after a crash: for when the index cannot
// be used.
#ifndef LIBSQL_REPLICA_WAL_SCAN_H_
#define LIBSQL_REPLICA_WAL_SCAN_H_

#include <sqlite3.h>

#include "replica/wal_index.h"

namespace libsql::replica {

// What the index would say: the frames up to the last whole commit. Without frames if there are
// none. Errors: of the VFS.
[[nodiscard]] IndexHeader scan_log(sqlite3_file* log);

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_WAL_SCAN_H_
