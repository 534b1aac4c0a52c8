// Pulls by GET /info, /export and /sync ("V2"), which Turso Cloud serves besides /pull-updates.
#ifndef LIBSQL_REPLICA_GENERATIONS_PULLER_H_
#define LIBSQL_REPLICA_GENERATIONS_PULLER_H_

#include "replica/primary.h"
#include "replica/pull.h"
#include "replica/sync_turn.h"

namespace libsql::replica {

// Pulls everything up to the primary's head: results of statements name no generation. Begins anew
// with the whole database where the primary does not have the position's generation any more.
// Throws NotServed before anything has changed.
// Errors: those of Primary and SyncTurn; the primary's own.
void pull_generations(Primary& primary, SyncTurn& turn, Pulled& pulled);

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_GENERATIONS_PULLER_H_
