// Pulls by POST /pull-updates, which Turso Cloud's newer databases and tursodb serve.
#ifndef LIBSQL_REPLICA_UPDATES_PULLER_H_
#define LIBSQL_REPLICA_UPDATES_PULLER_H_

#include "replica/primary.h"
#include "replica/pull.h"
#include "replica/sync_turn.h"

namespace libsql::replica {

// Pulls everything up to the primary's head: frames have no numbers here. Throws NotServed before
// anything has changed.
// Errors: those of Primary and SyncTurn; the primary's own.
void pull_updates(Primary& primary, SyncTurn& turn, Pulled& pulled);

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_UPDATES_PULLER_H_
