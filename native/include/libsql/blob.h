// Large blobs and texts in portions, without the whole value in memory, for local databases.
// Source: sqlite.org/c3ref/blob_open.html
//
//   db.execute("INSERT INTO cover VALUES (1, zeroblob(?))", size);   // makes the room
//   libsql::Transaction transaction = db.begin(libsql::TransactionMode::immediate);
//   libsql::BlobHandle blob = db.open_blob("cover", "image", 1, libsql::BlobMode::write);
//   for (std::size_t at = 0; at < blob.size(); at += part.size()) blob.write(at, part);
//   transaction.commit();
#ifndef LIBSQL_BLOB_H_
#define LIBSQL_BLOB_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "libsql/export.h"

namespace libsql {

namespace core {
class OpenBlob;
class Session;
}  // namespace core

enum class BlobMode : std::uint8_t {
  read,   // Outside a transaction, the handle keeps its read snapshot until it is closed.
  write,  // Reads, too. Only within a transaction, which keeps what is written.
};

// One value of one row, open: Connection::open_blob() makes it. Its size is fixed; an UPDATE with
// zeroblob() makes another one.
//
// A handle ends when its row is changed in another way or deleted, with the transaction in which it
// was opened (COMMIT ends it), and when its connection is closed. What is called from then on
// throws; nothing is read from a changed row. While one is open for writing, SQLite refuses to
// begin or release a savepoint.
//
// Threads: thread-compatible, together with its connection. Lifetime: keeps its connection's
// session alive; may outlive the Connection object.
// Errors of all calls: closed for a handle that has been closed or moved away, and with the
// connection; misuse for one that has ended (with SQLITE_ABORT if its row has changed), and within
// a callback of the connection; io, corrupt and full from the file.
class LIBSQL_API BlobHandle {
 public:
  BlobHandle(BlobHandle&&) noexcept;
  BlobHandle& operator=(BlobHandle&&) noexcept;
  BlobHandle(const BlobHandle&) = delete;
  BlobHandle& operator=(const BlobHandle&) = delete;
  // Closes.
  ~BlobHandle();

  // In bytes; those of a text are in the encoding of the database.
  [[nodiscard]] std::size_t size() const;
  // Fills `into` from the byte at `offset` on. Errors: invalid_argument beyond the end; then
  // nothing is read.
  void read(std::size_t offset, std::span<std::byte> into) const;
  // Replaces as many bytes from the one at `offset` on. Errors: invalid_argument beyond the end;
  // read_only for BlobMode::read; then nothing is written.
  void write(std::size_t offset, std::span<const std::byte> bytes);
  // Goes to the same column of another row, which is faster than opening that. Errors: error if
  // that has no blob or text there; the handle has ended then.
  void reopen(std::int64_t rowid);
  // Ends the handle; a second call does nothing.
  void close();

 private:
  friend class Connection;
  BlobHandle(std::shared_ptr<core::Session> session, std::unique_ptr<core::OpenBlob> impl) noexcept;
  [[nodiscard]] core::OpenBlob& impl() const;

  std::shared_ptr<core::Session> session_;
  std::unique_ptr<core::OpenBlob> impl_;  // After the session, which it uses to its end.
};

}  // namespace libsql

#endif  // LIBSQL_BLOB_H_
