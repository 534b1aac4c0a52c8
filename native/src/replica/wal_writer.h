// Brings pages into a database by its write-ahead log, as SQLite's own writers would: frames are
// appended under SQLite's write lock and count once their commit frame does. Readers, of this and
// other processes, keep their snapshots and are never waited for.
//
//     BEGIN IMMEDIATE ── append frames to the log, note them in the index ── publish ── COMMIT
//
// The SQL transaction itself changes nothing: it only holds the lock. Frames go through the files
// that SQLite has opened, so what encrypts SQLite's pages encrypts these.
#ifndef LIBSQL_REPLICA_WAL_WRITER_H_
#define LIBSQL_REPLICA_WAL_WRITER_H_

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "libsql/maintenance.h"
#include "local/sqlite.h"
#include "replica/page.h"
#include "replica/wal_format.h"
#include "replica/wal_index.h"

namespace libsql::local {
class WriterQueue;
}

namespace libsql::replica {

// How readers learn of new frames.
enum class Publication : std::uint8_t {
  direct,   // the index is written here, in microseconds
  rebuild,  // the index is made invalid, and SQLite builds it again from the whole log
};

// A commit is on the disk, or at least in the operating system.
enum class Durability : std::uint8_t { synced, written };

// What the log was like at some time: the next writer must find it so, or find it begun anew.
struct LogState {
  Salt salt{};
  std::uint32_t frames = 0;
  core::WalChecksum sums;
  [[nodiscard]] bool operator==(const LogState&) const = default;
};

// Errors of all: those of SQLite; corrupt if log and index do not fit each other; unsupported if
// the index has an unknown version or the database other pages than 4096 bytes.
// Threads: thread-compatible.
class WalWriter {
 public:
  // Takes over a connection to a database in WAL mode; its writers are this object alone.
  WalWriter(local::DbHandle db, Publication publication);
  WalWriter(const WalWriter&) = delete;
  WalWriter& operator=(const WalWriter&) = delete;
  ~WalWriter() = default;

  // Takes the write lock, until commit() or abandon(). Returns what the log was like.
  // Errors also: busy if another process keeps the lock for longer than the busy timeout.
  LogState begin();
  // A page's new image. Of several images of one page the last counts. Errors also: check_page().
  void append(PageNumber number, ConstBytes image);
  // Everything since begin() counts from now on, and the database has `pages` pages. Returns what
  // the log is like now. If this fails, nothing counts.
  // Errors also: misuse without a page, or outside of begin().
  LogState commit(std::uint32_t pages, Durability durability);
  // Gives the write lock back; nothing since begin() counts.
  void abandon() noexcept;

  [[nodiscard]] bool in_transaction() const noexcept { return transaction_.has_value(); }
  // False if SQLite has not given the lock back: close this object, and open another one.
  [[nodiscard]] bool is_usable() const noexcept { return usable_; }
  [[nodiscard]] sqlite3* db() const noexcept { return db_.get(); }

  // Brings the log to the disk.
  void sync();
  // Moves a long log into the database: never waits for readers while it has less than
  // `overgrown` frames, and then at most `patience`. Returns whether all of it was moved.
  struct CheckpointPolicy {
    std::uint32_t frames = 1000;
    std::uint32_t overgrown = 10'000;
    std::chrono::milliseconds patience{250};
  };
  bool checkpoint_if_due(const CheckpointPolicy& policy);
  // All of the log, and the file cut off. Not busy if no reader keeps an older snapshot.
  CheckpointResult truncate_log();

 private:
  struct Transaction {
    sqlite3_file* log;
    IndexHeader header;  // as it will be published
    bool held = false;   // whether held_page_ and held_image_ hold a frame that is not written yet
  };

  void write_held(std::uint32_t size_after);
  void start_log(Transaction& transaction);
  void check_log(const Transaction& transaction);
  [[nodiscard]] IndexHeader found_header(sqlite3_file* log);
  [[nodiscard]] bool run_commit() noexcept;
  [[nodiscard]] CheckpointResult checkpoint(int mode);

  local::DbHandle db_;
  Publication publication_;
  std::shared_ptr<local::WriterQueue> queue_;
  std::optional<WalIndex> index_;
  std::optional<Transaction> transaction_;
  PageNumber held_page_ = 0;
  std::array<unsigned char, kPageSize> held_image_{};
  std::uint32_t frames_ = 0;
  bool usable_ = true;
};

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_WAL_WRITER_H_
