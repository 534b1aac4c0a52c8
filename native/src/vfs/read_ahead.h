// Reads the file ahead of a scan: pages that follow each other in one call.
#ifndef LIBSQL_VFS_READ_AHEAD_H_
#define LIBSQL_VFS_READ_AHEAD_H_

#include <array>
#include <vector>

#include "vfs/real_file.h"

namespace libsql::vfs {

// What has been read ahead is valid as long as SQLite holds the lock that it had: others may write
// to the file afterwards. So forget() belongs before each change of a lock, each write, and each
// read by which SQLite asks whether the file has changed.
//
// In a rollback journal's mode nobody writes to the file while a connection has its SHARED lock. In
// WAL mode a checkpoint does, next to readers, but only pages that each reader still finds in the
// log: frames between what had been copied when the reader began and its read mark. Such a page may
// be here, torn, and is not asked for: SQLite looks into the log first, and the transaction ends
// with a change of a lock. In exclusive locking mode no lock changes, and only the connection
// itself writes. Without locks (nolock, immutable) SQLite reads page 1 at the start of a
// transaction, or nothing may change.
// Source: sqlite.org/fileformat2.html#reader_algorithm, sqlite.org/wal.html#checkpointing
//
// The file is read by tiles of 64 KB, and parts of the two last ones are kept.
//
// Threads: thread-compatible.
class ReadAhead {
 public:
  // As RealFile::read(), for whole pages.
  [[nodiscard]] int read(const RealFile& file, Bytes page, sqlite3_int64 at);
  void forget() noexcept {
    held_ = {};
    size_ = -1;
    filled_ = 0;
    in_sequence_ = 0;
  }

 private:
  // The part of a tile that has been read.
  struct Held {
    sqlite3_int64 from = 0;
    sqlite3_int64 end = 0;
  };

  [[nodiscard]] Held& place_of(sqlite3_int64 tile) noexcept;
  [[nodiscard]] unsigned char* bytes_at(sqlite3_int64 at) noexcept;
  [[nodiscard]] bool holds(sqlite3_int64 at, sqlite3_int64 size) noexcept;
  // Reads a part of a tile. False if there is not more than a page.
  [[nodiscard]] bool fill(const RealFile& file, sqlite3_int64 start, sqlite3_int64 page_size);
  void note(sqlite3_int64 at, sqlite3_int64 size) noexcept;
  // Whether a page that is not held belongs to a scan; it is held then.
  [[nodiscard]] bool scans(const RealFile& file, sqlite3_int64 at, sqlite3_int64 size);

  std::vector<unsigned char> bytes_;
  std::array<Held, 2> held_;
  sqlite3_int64 size_ = -1;   // of the file; -1: unknown
  sqlite3_int64 end_ = 0;     // where what was read ahead last ends
  sqlite3_int64 filled_ = 0;  // how much that was; 0: nothing
  sqlite3_int64 used_ = 0;    // bytes taken since then
  sqlite3_int64 next_ = 0;    // the end of the last page that was asked for
  int in_sequence_ = 0;       // pages that followed each other since the last far jump
};

}  // namespace libsql::vfs

#endif  // LIBSQL_VFS_READ_AHEAD_H_
