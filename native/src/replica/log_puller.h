// Pulls by the service wal_log.ReplicationLog ("V1"), which sqld serves.
#ifndef LIBSQL_REPLICA_LOG_PULLER_H_
#define LIBSQL_REPLICA_LOG_PULLER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "replica/primary.h"
#include "replica/pull.h"
#include "replica/replication_log.h"
#include "replica/sync_turn.h"

namespace libsql::replica {

// Threads: thread-compatible.
class LogPuller {
 public:
  explicit LogPuller(Primary& primary) : primary_(primary) {}

  // Pulls until `turn` has reached `goal`. Throws NotServed before anything has changed.
  // Errors: those of Primary and SyncTurn; the primary's own.
  void pull(SyncTurn& turn, const Goal& goal, Pulled& pulled);

 private:
  [[nodiscard]] bool needs_head(const SyncTurn& turn, const Goal& goal) const;
  // Whether the position is one of the log that the latest Hello named.
  [[nodiscard]] bool knows_log(const SyncTurn& turn) const;
  // Asks for the head, and compares histories.
  void greet(SyncTurn& turn);
  // The same, and for what follows the position at the same time, where that may be what is needed.
  // Returns the second request; null if its answer would not be one of the log that was named.
  [[nodiscard]] Primary::Sent greet_and_ask(SyncTurn& turn);
  // What follows `next_`, as far as the primary sends it in one answer.
  void pull_some(SyncTurn& turn, Pulled& pulled);
  [[nodiscard]] Primary::Sent ask_entries(std::uint64_t next);
  // The same request, if it was sent when the pull was asked for; else null.
  [[nodiscard]] Primary::Sent entries_ahead(std::uint64_t next);
  [[nodiscard]] GrpcStatus entries(remote::Download& sent, SyncTurn& turn, Pulled& pulled);
  [[nodiscard]] GrpcStatus snapshot(SyncTurn& turn, Pulled& pulled);
  // Calls again, once a second, while the primary is not ready. Returns the last status, which is
  // "unavailable" if it was not ready in so many attempts.
  template <typename Call>
  [[nodiscard]] GrpcStatus patiently(Call&& call, int attempts);
  [[nodiscard]] Position position(std::uint64_t frame) const;
  [[nodiscard]] Reached reached(std::uint64_t frame) const;

  Primary& primary_;
  // Of the last Hello, which is repeated when the primary asks for it.
  std::string token_;
  std::string log_;
  std::optional<std::uint64_t> head_;
  std::uint64_t next_ = 0;
  std::uint64_t target_ = 0;
};

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_LOG_PULLER_H_
