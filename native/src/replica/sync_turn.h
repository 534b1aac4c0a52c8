// One sync of a replica: holds the replica's lock, knows what may be committed when, and keeps
// pages and position together.
#ifndef LIBSQL_REPLICA_SYNC_TURN_H_
#define LIBSQL_REPLICA_SYNC_TURN_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "replica/new_database.h"
#include "replica/page_set.h"
#include "replica/replica_file.h"
#include "replica/sidecar.h"

namespace libsql::replica {

// What has to be pulled.
enum class Need : std::uint8_t {
  changes,          // what came after the position; each transaction may be a commit
  changes_to_head,  // the same, as one commit that ends at the primary's head
  everything,       // the whole database, as one commit
};

// Whether a transaction is the last one up to the primary's head as it was when the pull began.
enum class Reached : std::uint8_t { midway, head };

// Errors of all: those of WalWriter, NewDatabase and store_sidecar().
// Threads: thread-compatible.
class SyncTurn {
 public:
  // Takes the turn of `file` over, and gives it back at its end.
  SyncTurn(std::shared_ptr<ReplicaFile> file, std::unique_ptr<ReplicaLock> lock);
  SyncTurn(const SyncTurn&) = delete;
  SyncTurn& operator=(const SyncTurn&) = delete;
  // What was added since the last commit is dropped.
  ~SyncTurn();

  [[nodiscard]] Need need() const noexcept { return need_; }
  // After what to pull; of no meaning if everything is needed.
  [[nodiscard]] const Position& position() const noexcept { return sidecar_.position; }
  [[nodiscard]] std::uint32_t pages() const noexcept { return sidecar_.pages; }
  // Why everything is needed, or one commit; empty if nothing is unusual.
  [[nodiscard]] const std::string& reason() const noexcept { return reason_; }

  // The primary's history is another one than the position's: pull everything. Drops what was
  // added.
  void start_over();
  void add(PageNumber number, ConstBytes image);
  // The pages so far end a transaction of the primary, after which its database has `pages` pages,
  // and the replica is at `position`. True if that is now what readers see; else it will be with a
  // later transaction.
  bool end_transaction(std::uint32_t pages, const Position& position, Reached reached);
  // Moves the log into the database, and removes sidecar and lock. Errors: busy while a connection
  // reads an older state; nothing has changed then.
  void release();
  // There is nothing after the position.
  void nothing_new(Position position);

 private:
  // Decides what is needed.
  void look();
  void look_at_log(bool known, const LogState& expected);
  void need_everything(const std::string& reason);
  void mark_dirty();
  void commit_pages(std::uint32_t pages, const Position& position);
  void install_new(std::uint32_t pages, const Position& position);
  void keep_log_short();
  void store_live(bool pending);
  [[nodiscard]] WalWriter& writer();

  std::shared_ptr<ReplicaFile> file_;
  std::unique_ptr<ReplicaLock> lock_;
  Need need_ = Need::everything;
  std::string reason_;
  Sidecar sidecar_;      // as on the disk, but for what store_live() has written since
  LogState log_;         // after the last commit
  bool exists_ = false;  // the database
  std::unique_ptr<NewDatabase> new_database_;
  PageSet arrived_;
};

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_SYNC_TURN_H_
