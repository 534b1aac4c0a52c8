// The first copy of a primary's database: written page by page into a file of its own, which takes
// the replica's name when it is whole.
#ifndef LIBSQL_REPLICA_NEW_DATABASE_H_
#define LIBSQL_REPLICA_NEW_DATABASE_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

#include "libsql/encryption.h"
#include "local/keys.h"
#include "local/sqlite.h"
#include "replica/disk.h"
#include "replica/page.h"
#include "replica/page_set.h"

namespace libsql::replica {

// Errors of all: those of SQLite's files, io, full, corrupt.
// Threads: thread-compatible. One at a time per `file`, which who holds the replica's lock sees to.
class NewDatabase {
 public:
  // What the replica `file` is written as, next to it. What a dead process has left there goes.
  NewDatabase(const std::filesystem::path& file, const std::optional<Encryption>& encryption);
  NewDatabase(const NewDatabase&) = delete;
  NewDatabase& operator=(const NewDatabase&) = delete;
  // Makes a database without content of that name, for connections that must be open before the
  // first pages arrive. `known` gets its identity before it has the name.
  static void make_empty(const std::filesystem::path& file,
                         const std::optional<Encryption>& encryption,
                         const std::function<void(const FileIdentity&)>& known);

  // Removes what has not been installed.
  ~NewDatabase();

  // In any order. Of several images of a page the last counts.
  void add(PageNumber number, ConstBytes image);
  // All pages are there, and the database has so many. Brings them to the disk and has SQLite look
  // at them. Errors also: corrupt if a page is missing or SQLite finds a fault.
  void finish(std::uint32_t pages);
  // The file's identity, which it keeps when it is installed.
  [[nodiscard]] FileIdentity identity() const;
  // Gives the file its name. What has that name now is kept next to it, as `NAME.replaced`, unless
  // it is empty; so is the position that libSQL's own client has noted next to it. No connection
  // may have it open. Requires: finish().
  void install();

 private:
  std::filesystem::path file_;
  std::filesystem::path temporary_;
  local::Keys keys_;
  local::DbHandle db_;
  sqlite3_file* pages_ = nullptr;
  PageSet arrived_;
};

// Where libSQL's own client notes how far its replica of that name is.
[[nodiscard]] std::filesystem::path libsql_position_path(const std::filesystem::path& file);
// Removes a database's file, log, index and journal.
void remove_database(const std::filesystem::path& file);
// Gives a database of that name another one, with its log.
void rename_database(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_NEW_DATABASE_H_
