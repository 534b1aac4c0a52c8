// The index of a write-ahead log, in the memory that all connections to the file share: which page
// each frame holds, and how many frames count.
//
// SQLite's own writers fill it as they append; here it is filled for frames that did not come from
// SQLite. Readers look only at frames up to the header's count, so nothing is visible until
// publish(), and what an abandoned transaction has left is overwritten.
//
// Only layout 3007000 is known, which SQLite has had since 3.7.0; read() asks for it each time.
// Source: sqlite.org/walformat.html#wal_index_format
#ifndef LIBSQL_REPLICA_WAL_INDEX_H_
#define LIBSQL_REPLICA_WAL_INDEX_H_

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include <sqlite3.h>

#include "core/wal_checksum.h"
#include "replica/wal_format.h"

namespace libsql::replica {

struct IndexHeader {
  std::uint32_t changes = 0;  // of the header
  std::uint32_t frames = 0;   // that count
  std::uint32_t pages = 0;    // of the database after the last of them
  LogChain chain;             // behind the last frame

  [[nodiscard]] bool operator==(const IndexHeader& other) const noexcept {
    return frames == other.frames && chain.salt == other.chain.salt &&
           chain.sums == other.chain.sums;
  }
};

// Errors: of the VFS, as local::error_for_code() has them.
// Threads: thread-bound to who holds SQLite's write lock; only read() may be called without.
class WalIndex {
 public:
  // `database`: the main file of an open connection in WAL mode, which lives longer.
  explicit WalIndex(sqlite3_file* database) noexcept : database_(database) {}

  // Nothing if the index is being written, was not built yet, or has another layout or page size.
  [[nodiscard]] std::optional<IndexHeader> read();
  // Whether the memory has a version number that this class knows.
  [[nodiscard]] bool is_known();

  // Notes what a frame holds, counted from 1. Frames come in order.
  void add(std::uint32_t frame, PageNumber page);
  // All frames up to the header's last one count from now on.
  void publish(const IndexHeader& header);
  // Makes the next reader build the index again, from the log itself.
  void invalidate();

 private:
  static constexpr int kRegionBytes = 32768;
  static constexpr std::size_t kHeaderBytes = 48;
  using HeaderBytes = std::array<unsigned char, kHeaderBytes>;

  [[nodiscard]] volatile unsigned char* region(std::uint32_t number);
  [[nodiscard]] HeaderBytes copy_of_header(std::size_t at);
  void write_header(const HeaderBytes& bytes);

  sqlite3_file* database_;
  std::vector<volatile unsigned char*> regions_;
};

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_WAL_INDEX_H_
