// A blob that is read and written in portions: what the public BlobHandle stands on.
#ifndef LIBSQL_CORE_OPEN_BLOB_H_
#define LIBSQL_CORE_OPEN_BLOB_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace libsql::core {

// Which value to open, and what for.
struct BlobPlace {
  std::string database;
  std::string table;
  std::string column;
  std::int64_t rowid;
  bool for_writing;
};

// See the public BlobHandle for the contract of each call.
//
// Threads: thread-compatible, together with its session, which outlives it.
class OpenBlob {
 public:
  OpenBlob() = default;
  OpenBlob(const OpenBlob&) = delete;
  OpenBlob& operator=(const OpenBlob&) = delete;
  virtual ~OpenBlob() = default;

  [[nodiscard]] virtual std::size_t size() const = 0;
  virtual void read(std::size_t offset, std::span<std::byte> into) = 0;
  virtual void write(std::size_t offset, std::span<const std::byte> bytes) = 0;
  virtual void reopen(std::int64_t rowid) = 0;
  virtual void close() = 0;
};

}  // namespace libsql::core

#endif  // LIBSQL_CORE_OPEN_BLOB_H_
