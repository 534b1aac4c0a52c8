// Pulls from a primary by whichever protocol it speaks.
#ifndef LIBSQL_REPLICA_PULLER_H_
#define LIBSQL_REPLICA_PULLER_H_

#include <optional>
#include <vector>

#include "replica/log_puller.h"
#include "replica/position.h"
#include "replica/primary.h"
#include "replica/pull.h"
#include "replica/sync_turn.h"

namespace libsql::replica {

// The protocol is the one that the position names, else the first that GET /info suggests and the
// primary serves. It is asked for anew when the primary stops to serve it.
//
// Threads: thread-compatible.
class Puller {
 public:
  explicit Puller(Primary& primary) : primary_(primary), log_(primary) {}

  // Errors: those of Primary and SyncTurn; the primary's own; unsupported if it serves no protocol
  // of replication.
  void pull(SyncTurn& turn, const Goal& goal, Pulled& pulled);
  // Nothing before the first answer.
  [[nodiscard]] std::optional<Protocol> protocol() const noexcept { return protocol_; }

 private:
  [[nodiscard]] std::vector<Protocol> candidates();
  void pull_by(Protocol protocol, SyncTurn& turn, const Goal& goal, Pulled& pulled);

  Primary& primary_;
  LogPuller log_;
  std::optional<Protocol> protocol_;
};

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_PULLER_H_
