// What SQLite sees as a file where we stand between it and the real one.
//
//     SQLite ── ShimFile ── the file of the VFS below (unix)
//
// Source: sqlite.org/c3ref/vfs.html, sqlite.org/c3ref/io_methods.html
#ifndef LIBSQL_VFS_SHIM_FILE_H_
#define LIBSQL_VFS_SHIM_FILE_H_

#include <exception>
#include <memory>
#include <new>

#include <sqlite3.h>

#include "vfs/real_file.h"

namespace libsql::vfs {

// One class per kind of file. All functions return an SQLite code; exceptions become one in
// shim_file.cc.
class ShimFile {
 public:
  explicit ShimFile(RealFile real) noexcept : real_(real) {}
  ShimFile(const ShimFile&) = delete;
  ShimFile& operator=(const ShimFile&) = delete;
  virtual ~ShimFile() = default;

  [[nodiscard]] virtual int read(Bytes to, sqlite3_int64 at) = 0;
  [[nodiscard]] virtual int write(ConstBytes from, sqlite3_int64 at) = 0;
  [[nodiscard]] virtual int truncate(sqlite3_int64 size) {
    return real_.methods()->xTruncate(real_.get(), size);
  }
  [[nodiscard]] virtual int control(int op, void* argument) {
    return real_.methods()->xFileControl(real_.get(), op, argument);
  }
  [[nodiscard]] virtual int characteristics() {
    return real_.methods()->xDeviceCharacteristics(real_.get());
  }
  // Called before SQLite takes or gives up any lock: others may write from then on.
  virtual void lock_changes() noexcept {}
  // Whether SQLite may map the real file into memory, past read() and write().
  [[nodiscard]] virtual bool may_be_mapped() const noexcept { return false; }
  [[nodiscard]] const RealFile& real() const noexcept { return real_; }

 private:
  RealFile real_;
};

// The memory that SQLite must hand out for a file over one of `below`.
[[nodiscard]] int bytes_over(const sqlite3_vfs& below) noexcept;

// The object behind a file of SQLite's; null if the file is not one of ours.
[[nodiscard]] ShimFile* shim_of(sqlite3_file* file) noexcept;

// Makes a file in SQLite's memory while a VFS opens it; closed and gone again unless keep() is
// called.
class NewShimFile {
 public:
  // `owner` lives as long as the file.
  NewShimFile(sqlite3_file* memory, std::shared_ptr<const void> owner) noexcept;
  NewShimFile(const NewShimFile&) = delete;
  NewShimFile& operator=(const NewShimFile&) = delete;
  ~NewShimFile();

  // Where the real file will be.
  [[nodiscard]] RealFile real() const noexcept;
  // Opens the real file; an SQLite code.
  [[nodiscard]] int open(sqlite3_vfs* below, const char* name, int flags, int* out_flags);
  void keep(std::unique_ptr<ShimFile> shim) noexcept;

 private:
  sqlite3_file* file_;
  bool open_ = false;
};

// No exception may pass through SQLite.
template <typename Call>
int code_of(int failure, Call&& call) noexcept {
  try {
    return call();
  } catch (const std::bad_alloc&) {
    return SQLITE_NOMEM;
  } catch (const std::exception&) {
    return failure;
  }
}

}  // namespace libsql::vfs

#endif  // LIBSQL_VFS_SHIM_FILE_H_
