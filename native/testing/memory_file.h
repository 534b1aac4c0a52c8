// A file in memory, as SQLite's VFS would open it, that notes what is read.
#ifndef LIBSQL_TESTING_MEMORY_FILE_H_
#define LIBSQL_TESTING_MEMORY_FILE_H_

#include <algorithm>
#include <cstddef>
#include <vector>

#include <sqlite3.h>

#include "vfs/real_file.h"

namespace libsql::testing {

// Its pages are filled with the low byte of their index, from 0.
class MemoryFile {
 public:
  MemoryFile(std::size_t pages, std::size_t page_size) : page_size_(page_size) {
    file_.memory = this;
    file_.base.pMethods = &methods();
    for (std::size_t page = 0; page < pages; ++page) {
      bytes_.insert(bytes_.end(), page_size, static_cast<unsigned char>(page));
    }
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() = default;

  [[nodiscard]] vfs::RealFile real() { return vfs::RealFile(&file_.base); }
  [[nodiscard]] std::vector<unsigned char>& bytes() { return bytes_; }
  // The length of each read, in pages.
  [[nodiscard]] std::vector<std::size_t>& reads() { return reads_; }

 private:
  struct File {
    sqlite3_file base{};
    MemoryFile* memory = nullptr;
  };

  static MemoryFile& self(sqlite3_file* file) { return *reinterpret_cast<File*>(file)->memory; }
  static int read(sqlite3_file* file, void* to, int size, sqlite3_int64 at) {
    MemoryFile& memory = self(file);
    memory.reads_.push_back(static_cast<std::size_t>(size) / memory.page_size_);
    if (static_cast<std::size_t>(at + size) > memory.bytes_.size()) return SQLITE_IOERR_SHORT_READ;
    std::copy_n(memory.bytes_.begin() + at, size, static_cast<unsigned char*>(to));
    return SQLITE_OK;
  }
  static int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
    std::copy_n(static_cast<const unsigned char*>(from), size, self(file).bytes_.begin() + at);
    return SQLITE_OK;
  }
  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    self(file).bytes_.resize(static_cast<std::size_t>(size));
    return SQLITE_OK;
  }
  static int size_of(sqlite3_file* file, sqlite3_int64* size) {
    *size = static_cast<sqlite3_int64>(self(file).bytes_.size());
    return SQLITE_OK;
  }
  static int control(sqlite3_file* /*file*/, int /*op*/, void* /*argument*/) { return SQLITE_OK; }
  static const sqlite3_io_methods& methods() {
    static const sqlite3_io_methods kMethods = [] {
      sqlite3_io_methods made{};
      made.iVersion = 1;
      made.xRead = read;
      made.xWrite = write;
      made.xTruncate = truncate;
      made.xFileSize = size_of;
      made.xFileControl = control;
      return made;
    }();
    return kMethods;
  }

  File file_;
  std::size_t page_size_;
  std::vector<unsigned char> bytes_;
  std::vector<std::size_t> reads_;
};

}  // namespace libsql::testing

#endif  // LIBSQL_TESTING_MEMORY_FILE_H_
