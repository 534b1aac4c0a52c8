// The file of the VFS below: SQLite's C interface with checked, short names.
// Source: sqlite.org/c3ref/io_methods.html
#ifndef LIBSQL_VFS_REAL_FILE_H_
#define LIBSQL_VFS_REAL_FILE_H_

#include <span>

#include <sqlite3.h>

namespace libsql::vfs {

using Bytes = std::span<unsigned char>;
using ConstBytes = std::span<const unsigned char>;

// A value: does not own the file.
class RealFile {
 public:
  explicit RealFile(sqlite3_file* file) noexcept : file_(file) {}

  [[nodiscard]] int read(Bytes to, sqlite3_int64 at) const {
    return file_->pMethods->xRead(file_, to.data(), static_cast<int>(to.size()), at);
  }
  [[nodiscard]] int write(ConstBytes from, sqlite3_int64 at) const {
    return file_->pMethods->xWrite(file_, from.data(), static_cast<int>(from.size()), at);
  }
  [[nodiscard]] int size(sqlite3_int64* bytes) const {
    return file_->pMethods->xFileSize(file_, bytes);
  }
  [[nodiscard]] const sqlite3_io_methods* methods() const noexcept { return file_->pMethods; }
  [[nodiscard]] sqlite3_file* get() const noexcept { return file_; }

 private:
  sqlite3_file* file_;
};

}  // namespace libsql::vfs

#endif  // LIBSQL_VFS_REAL_FILE_H_
