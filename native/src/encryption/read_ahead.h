// Reads the file ahead of a scan: pages that follow each other in one call, as ciphertext.
//
// A plain file is read page by page; here the calls saved pay for a part of the decryption.
#ifndef LIBSQL_ENCRYPTION_READ_AHEAD_H_
#define LIBSQL_ENCRYPTION_READ_AHEAD_H_

#include <vector>

#include "encryption/real_file.h"

namespace libsql::encryption {

// What has been read ahead is valid as long as SQLite holds the lock that it had: others may write
// to the file afterwards. So forget() belongs before each change of a lock, each write, and each
// read by which SQLite asks whether the file has changed.
//
// Threads: thread-compatible.
class ReadAhead {
 public:
  // As RealFile::read(), for whole pages.
  [[nodiscard]] int read(const RealFile& file, Bytes page, sqlite3_int64 at);
  void forget() noexcept {
    held_ = 0;
    in_sequence_ = 0;
  }

 private:
  [[nodiscard]] bool holds(std::size_t size, sqlite3_int64 at) const noexcept;
  // Reads what follows `at` into bytes_. False if there is not more than a page.
  [[nodiscard]] bool fill(const RealFile& file, std::size_t page_size, sqlite3_int64 at);

  std::vector<unsigned char> bytes_;
  sqlite3_int64 from_ = 0;  // where bytes_ lies in the file
  std::size_t held_ = 0;    // how much of it is valid
  sqlite3_int64 next_ = 0;  // the end of the last page that was read
  int in_sequence_ = 0;     // pages read since the last jump
};

}  // namespace libsql::encryption

#endif  // LIBSQL_ENCRYPTION_READ_AHEAD_H_
