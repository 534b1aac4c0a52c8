// The primary's change events, held back until the replica's file has what they are about.
#ifndef LIBSQL_REPLICA_SYNCED_LISTENING_H_
#define LIBSQL_REPLICA_SYNCED_LISTENING_H_

#include <memory>

#include "libsql/listening.h"
#include "replica/replicator.h"

namespace libsql::replica {

// Whether an event asks for a sync, or waits for the next one that somebody else asks for.
enum class OnEvent : std::uint8_t { sync, wait };

// For the remote session, in place of `listening`, which ends it: what the primary sends is told to
// `listening` after a sync that began later has ended well, in the order of the events, on the
// replicator's thread. ListeningEnded is the last; it waits for one sync at most, of which nothing
// has to come.
[[nodiscard]] std::shared_ptr<Listening> behind_syncs(const std::shared_ptr<Listening>& listening,
                                                      std::shared_ptr<Replicator> replicator,
                                                      OnEvent on_event);

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_SYNCED_LISTENING_H_
