// Reads what connections commit to a database from its write-ahead log.
//
// A read transaction of its own always stands at what has been read. While it is open, SQLite
// neither begins the log anew nor moves pages into the file that were committed later (a log whose
// frames all are in the file may begin anew once, and is then not moved). So nothing is lost
// between two looks, whoever writes: connections of the server, or another process.
#ifndef LIBSQL_SERVER_REPLICATION_WAL_TAP_H_
#define LIBSQL_SERVER_REPLICATION_WAL_TAP_H_

#include <cstdint>
#include <functional>
#include <string>

#include <sqlite3.h>

#include "local/sqlite.h"
#include "replica/wal_index.h"
#include "server/replication/frame_file.h"

namespace libsql::server::replication {

// Errors: of SQLite.
// Threads: thread-compatible.
class WalTap {
 public:
  // Opens the file. Errors also: unsupported unless it has pages of 4096 bytes and a write-ahead
  // log.
  explicit WalTap(const std::string& path);
  WalTap(const WalTap&) = delete;
  WalTap& operator=(const WalTap&) = delete;
  ~WalTap() = default;

  // The newest commit. Errors also: busy if the index stays unreadable.
  [[nodiscard]] replica::IndexHeader newest();
  // Lets the read transaction stand at the newest commit.
  void follow();

  // Called with frames of the write-ahead log, some at a time, which it may change.
  using Frames = std::function<void(Bytes frames)>;
  // Frames `first` to `last` of the log with this salt, counted from 1. False if the log has begun
  // anew meanwhile: what was read does not count. REQUIRES: newest() has told of them.
  [[nodiscard]] bool read_log(std::uint32_t first, std::uint32_t last, const replica::Salt& salt,
                              const Frames& frames);
  // Pages in the file itself; later images of some may be in the log.
  [[nodiscard]] std::uint32_t file_pages();
  // Page `number` and following, as many as fit.
  void read_file(std::uint32_t number, Bytes pages);

  // Moves the log into the file, as far as readers allow. The read transaction ends and begins.
  void checkpoint();

 private:
  void run(sqlite3_stmt* statement);

  local::DbHandle db_;
  local::StmtHandle begin_;
  local::StmtHandle look_;
  local::StmtHandle commit_;
  replica::WalIndex index_;
};

}  // namespace libsql::server::replication

#endif  // LIBSQL_SERVER_REPLICATION_WAL_TAP_H_
