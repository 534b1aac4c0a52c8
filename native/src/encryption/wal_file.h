// The write-ahead log of an encrypted database: headers clear, page images encrypted, checksums
// over the encrypted images, so that a log can be recovered without the key.
//
// SQLite computes the checksums of a frame over the plain image, before it comes here; they are
// replaced. Position decides what a call is about: the file header at 0, then frames of a 24-byte
// header and a page. Source: sqlite.org/fileformat2.html#walformat
#ifndef LIBSQL_ENCRYPTION_WAL_FILE_H_
#define LIBSQL_ENCRYPTION_WAL_FILE_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/wal_checksum.h"
#include "encryption/main_file.h"
#include "encryption/scratch.h"
#include "vfs/shim_file.h"

namespace libsql::encryption {

class WalFile final : public vfs::ShimFile {
 public:
  // `main` is open for as long as its log.
  WalFile(vfs::RealFile real, MainFile& main) noexcept : ShimFile(real), main_(main) {}

  [[nodiscard]] int read(Bytes to, sqlite3_int64 at) override;
  [[nodiscard]] int write(ConstBytes from, sqlite3_int64 at) override;

 private:
  static constexpr std::size_t kFrameHeader = 24;

  [[nodiscard]] int learn_page_size();
  [[nodiscard]] sqlite3_int64 frame_length() const noexcept {
    const std::size_t bytes = kFrameHeader + page_size_;
    return static_cast<sqlite3_int64>(bytes);
  }
  // Where in its frame an offset lies; negative for the file header.
  [[nodiscard]] sqlite3_int64 place_in_frame(sqlite3_int64 at) const noexcept;
  [[nodiscard]] int write_image(ConstBytes plain, sqlite3_int64 at);
  [[nodiscard]] int seed(sqlite3_int64 frame, core::WalChecksum* sums,
                         core::WalChecksum::Order* order) const;

  MainFile& main_;
  Scratch scratch_;
  std::size_t page_size_ = 0;
  // The frame header that was written last, and where; -1: none.
  std::array<unsigned char, kFrameHeader> header_{};
  sqlite3_int64 header_at_ = -1;
};

}  // namespace libsql::encryption

#endif  // LIBSQL_ENCRYPTION_WAL_FILE_H_
