// The main file of a database without a key: the operating system's file, read ahead of scans.
#ifndef LIBSQL_VFS_PLAIN_FILE_H_
#define LIBSQL_VFS_PLAIN_FILE_H_

#include "vfs/read_ahead.h"
#include "vfs/shim_file.h"

namespace libsql::vfs {

class PlainFile final : public ShimFile {
 public:
  using ShimFile::ShimFile;

  [[nodiscard]] int read(Bytes to, sqlite3_int64 at) override;
  [[nodiscard]] int write(ConstBytes from, sqlite3_int64 at) override;
  [[nodiscard]] int truncate(sqlite3_int64 size) override;
  // Some operations change the file, such as taking back an atomic batch of writes.
  [[nodiscard]] int control(int op, void* argument) override;
  void lock_changes() noexcept override { ahead_.forget(); }
  [[nodiscard]] bool may_be_mapped() const noexcept override { return true; }

 private:
  ReadAhead ahead_;
};

}  // namespace libsql::vfs

#endif  // LIBSQL_VFS_PLAIN_FILE_H_
