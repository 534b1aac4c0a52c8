// The file of a write-ahead log, as SQLite has opened it: reading and writing with errors.
#ifndef LIBSQL_REPLICA_LOG_FILE_H_
#define LIBSQL_REPLICA_LOG_FILE_H_

#include <cstdint>

#include <sqlite3.h>

#include "local/sqlite.h"
#include "replica/page.h"

namespace libsql::replica {

// A value: does not own the file. Errors: of the VFS, as local::error_for_code() has them.
class LogFile {
 public:
  explicit LogFile(sqlite3_file* file) noexcept : file_(file) {}

  // False beyond the end of the file.
  [[nodiscard]] bool read(Bytes to, std::int64_t at) const {
    const int rc = file_->pMethods->xRead(file_, to.data(), static_cast<int>(to.size()), at);
    if (rc == SQLITE_IOERR_SHORT_READ) return false;
    require(rc);
    return true;
  }
  void write(ConstBytes from, std::int64_t at) const {
    require(file_->pMethods->xWrite(file_, from.data(), static_cast<int>(from.size()), at));
  }
  void sync() const { require(file_->pMethods->xSync(file_, SQLITE_SYNC_NORMAL)); }

 private:
  static void require(int rc) {
    if (rc != SQLITE_OK) throw local::error_for_code(rc);
  }

  sqlite3_file* file_;
};

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_LOG_FILE_H_
