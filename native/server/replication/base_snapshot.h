// The first snapshot of a replication log: the database as it is.
#ifndef LIBSQL_SERVER_REPLICATION_BASE_SNAPSHOT_H_
#define LIBSQL_SERVER_REPLICATION_BASE_SNAPSHOT_H_

#include <atomic>

#include "server/replication/frame_file.h"
#include "server/replication/wal_tap.h"

namespace libsql::server::replication {

// Writes the newest commit's pages in falling order, numbered from 0 with page 1, and returns the
// record of the file, without its identity. Takes the memory of some pages.
// Errors: those of FrameFile and WalTap; busy if writers leave no time for it; interrupted soon
// after `stopping` has become true.
[[nodiscard]] FrameRecord write_base_snapshot(FrameFile& file, WalTap& tap,
                                              const std::atomic<bool>& stopping);

}  // namespace libsql::server::replication

#endif  // LIBSQL_SERVER_REPLICATION_BASE_SNAPSHOT_H_
