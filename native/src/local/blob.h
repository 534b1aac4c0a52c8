// A blob that is open in a session with SQLite.
#ifndef LIBSQL_LOCAL_BLOB_H_
#define LIBSQL_LOCAL_BLOB_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <sqlite3.h>

#include "core/open_blob.h"

namespace libsql::local {

class LocalSession;

struct BlobCloser {
  void operator()(sqlite3_blob* blob) const noexcept { sqlite3_blob_close(blob); }
};
using BlobPointer = std::unique_ptr<sqlite3_blob, BlobCloser>;

// No operation calls back into the program, so that a handle may also be destroyed in a callback:
// it is never the one that runs. Closing never commits: outside a transaction a handle only reads.
class LocalBlob final : public core::OpenBlob {
 public:
  enum class State : std::uint8_t { open, closed, ended_with_transaction, expired };

  // `transaction`: the number of the one that it ends with, 0 for none.
  LocalBlob(LocalSession& session, BlobPointer blob, bool writable, std::uint64_t transaction);
  LocalBlob(const LocalBlob&) = delete;
  LocalBlob& operator=(const LocalBlob&) = delete;
  ~LocalBlob() override;

  [[nodiscard]] std::size_t size() const override;
  void read(std::size_t offset, std::span<std::byte> into) override;
  void write(std::size_t offset, std::span<const std::byte> bytes) override;
  void reopen(std::int64_t rowid) override;
  void close() override;

  // For the session.
  [[nodiscard]] std::uint64_t transaction() const noexcept { return transaction_; }
  void end(State why) noexcept;

 private:
  // Errors: closed, misuse.
  [[nodiscard]] sqlite3_blob* blob() const;
  void check_bounds(std::size_t offset, std::size_t size) const;
  // Throws unless `rc` is SQLITE_OK; ends what SQLite has given up.
  void check(int rc);

  LocalSession& session_;
  BlobPointer blob_;
  State state_ = State::open;
  const bool writable_;
  const std::uint64_t transaction_;
};

}  // namespace libsql::local

#endif  // LIBSQL_LOCAL_BLOB_H_
