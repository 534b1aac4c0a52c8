// What SQLite sees as a file: one class per kind of file, between SQLite and the real file.
#ifndef LIBSQL_ENCRYPTION_ENCRYPTED_FILE_H_
#define LIBSQL_ENCRYPTION_ENCRYPTED_FILE_H_

#include <cstddef>
#include <vector>

#include <sqlite3.h>

#include "encryption/real_file.h"
#include "encryption/secret_memory.h"

namespace libsql::encryption {

// A buffer that grows to a page and a header, and is wiped at its end, because it holds plaintext.
class Scratch {
 public:
  Scratch() = default;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { wipe(bytes_); }

  [[nodiscard]] Bytes of(std::size_t size) {
    if (bytes_.size() < size) {
      wipe(bytes_);
      bytes_.resize(size);
    }
    return Bytes(bytes_).first(size);
  }

 private:
  std::vector<unsigned char> bytes_;
};

// All functions return an SQLite code; exceptions become one in vfs.cc.
class EncryptedFile {
 public:
  explicit EncryptedFile(RealFile real) noexcept : real_(real) {}
  EncryptedFile(const EncryptedFile&) = delete;
  EncryptedFile& operator=(const EncryptedFile&) = delete;
  virtual ~EncryptedFile() = default;

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
  [[nodiscard]] const RealFile& real() const noexcept { return real_; }

 private:
  RealFile real_;
};

}  // namespace libsql::encryption

#endif  // LIBSQL_ENCRYPTION_ENCRYPTED_FILE_H_
