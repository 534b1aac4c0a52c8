// The files of a replication log, next to the database: NAME-replication-log has every frame behind
// the snapshot NAME-replication-snapshot.
#ifndef LIBSQL_SERVER_REPLICATION_LOG_STORE_H_
#define LIBSQL_SERVER_REPLICATION_LOG_STORE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "server/replication/frame_file.h"
#include "server/replication/log_view.h"
#include "server/replication/wal_tap.h"

namespace libsql::server::replication {

// Whether the generation that a snapshot ends can be read until the next one, or the process, ends.
enum class EndedGeneration : std::uint8_t { dropped, kept };

// Errors: io, full, cannot_open; those of WalTap.
// Threads: thread-compatible. Views of it are read by any thread.
class LogStore {
 public:
  // Whether the database has such files.
  [[nodiscard]] static bool exists(const std::string& database);
  // A log with a new identity, whose snapshot is the database as it is. Errors also: interrupted
  // soon after `stopping` has become true.
  [[nodiscard]] static std::unique_ptr<LogStore> begin(const std::string& database, WalTap& tap,
                                                       const std::atomic<bool>& stopping);
  // The log that an earlier process has left; null unless it can go on where it ended.
  [[nodiscard]] static std::unique_ptr<LogStore> resume(const std::string& database, WalTap& tap);

  // How far the write-ahead log was read.
  [[nodiscard]] const TapPosition& position() const noexcept { return record_.tap; }
  [[nodiscard]] std::uint64_t head() const noexcept { return record_.first + record_.count - 1; }
  // Frames behind the snapshot.
  [[nodiscard]] std::uint64_t frames() const noexcept { return record_.count; }
  [[nodiscard]] LogView view() const;

  // Adds frames of the write-ahead log, whose bytes it changes. They count with commit().
  void append(Bytes frames);
  // What was appended counts; the database has so many pages.
  void commit(const TapPosition& position, std::uint32_t pages);
  // What was appended does not count.
  void abandon() noexcept { appended_ = 0; }

  // Makes a snapshot of everything; the log begins anew behind it. Does nothing if `stopping`
  // becomes true meanwhile.
  void compact(EndedGeneration ended, const std::atomic<bool>& stopping);
  // Brings everything to the disk, for another start of the machine.
  void close();

 private:
  explicit LogStore(std::string database) : database_(std::move(database)) {}

  void begin_log(const FrameRecord& snapshot);

  const std::string database_;
  std::shared_ptr<FrameFile> log_;
  std::shared_ptr<FrameFile> snapshot_;
  FrameRecord record_;
  FrameRecord snapshot_record_;
  std::shared_ptr<const LogView> before_;
  std::uint64_t appended_ = 0;
};

}  // namespace libsql::server::replication

#endif  // LIBSQL_SERVER_REPLICATION_LOG_STORE_H_
