// How far a replica is in its primary's history.
#ifndef LIBSQL_REPLICA_POSITION_H_
#define LIBSQL_REPLICA_POSITION_H_

#include <cstdint>
#include <optional>
#include <string>

namespace libsql::replica {

// The three pull protocols.
enum class Protocol : std::uint8_t {
  replication_log,  // "V1": wal_log.ReplicationLog over gRPC-web
  generations,      // "V2": GET /sync/{generation}/{start}/{end}
  updates,          // POST /pull-updates
};

// A value type.
struct Position {
  Protocol protocol = Protocol::replication_log;
  // Positions of two histories cannot be compared. The id of the log, the generation as a number,
  // or empty.
  std::string history;
  // The last frame that the replica has; nothing if it has none. With Protocol::updates, a count of
  // this replica's own.
  std::optional<std::uint64_t> frame;
  // Protocol::updates: what the primary calls the position. Any bytes.
  std::string revision;

  [[nodiscard]] bool operator==(const Position&) const = default;
};

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_POSITION_H_
