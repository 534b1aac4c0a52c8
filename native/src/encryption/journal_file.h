// The rollback journal of an encrypted database: headers and page numbers clear, page images
// encrypted.
//
// A record is a page number, an image and a checksum, written one after the other; what is neither
// (headers, the name of a super-journal) passes unchanged. With libSQL's cipher the checksums stay
// SQLite's own, over the plain image, as libSQL writes them. In the authenticated format they are
// over what is in the file, because a sum of plain bytes reveals something of them.
// Source: sqlite.org/fileformat2.html#the_rollback_journal
#ifndef LIBSQL_ENCRYPTION_JOURNAL_FILE_H_
#define LIBSQL_ENCRYPTION_JOURNAL_FILE_H_

#include <cstddef>
#include <cstdint>

#include "encryption/main_file.h"
#include "encryption/scratch.h"
#include "vfs/shim_file.h"

namespace libsql::encryption {

// The number of records of a journal that is never synced.
inline constexpr std::uint32_t kNotCounted = 0xFFFFFFFFU;

// The first 28 bytes of a journal's segment.
struct JournalHeader {
  std::uint32_t records;
  std::uint32_t nonce;
  std::size_t sector_size;
  std::size_t page_size;
  // Whether SQLite has counted the records: then all of them were on the disk before the database
  // changed.
  [[nodiscard]] bool counted() const noexcept { return records != 0 && records != kNotCounted; }
};
inline constexpr std::size_t kJournalHeaderBytes = 28;
// False for bytes that are not a header.
[[nodiscard]] bool parse_journal_header(ConstBytes bytes, JournalHeader* header) noexcept;
// SQLite's checksum of an image without the header's nonce: the sum of every 200th byte.
[[nodiscard]] std::uint32_t journal_sum(ConstBytes image) noexcept;
// The page that marks the name of a super-journal: the one that holds the pending byte.
[[nodiscard]] std::uint32_t pending_page(std::size_t page_size) noexcept;

class JournalFile final : public vfs::ShimFile {
 public:
  // `main` is open for as long as its journal.
  JournalFile(vfs::RealFile real, MainFile& main) noexcept : ShimFile(real), main_(main) {}

  [[nodiscard]] int read(Bytes to, sqlite3_int64 at) override;
  [[nodiscard]] int write(ConstBytes from, sqlite3_int64 at) override;

 private:
  [[nodiscard]] int learn_page_size();
  [[nodiscard]] bool is_image(std::uint32_t number) const noexcept;
  [[nodiscard]] int read_image(Bytes to, sqlite3_int64 at);
  [[nodiscard]] int decrypt_image(std::uint32_t number, Bytes image);
  [[nodiscard]] int write_image(std::uint32_t number, ConstBytes plain, sqlite3_int64 at);
  [[nodiscard]] int write_checksum(ConstBytes from, sqlite3_int64 at);
  [[nodiscard]] bool changes_checksums() const noexcept;

  MainFile& main_;
  Scratch scratch_;
  std::size_t page_size_ = 0;
  bool written_ = false;  // by this process, and not left behind by another
  // Where the image of a page number lies that was written last; -1: nowhere.
  sqlite3_int64 image_at_ = -1;
  std::uint32_t number_ = 0;
  // Where the checksum of the image lies that was written or read last, and the difference between
  // the sum over the file's bytes and SQLite's.
  sqlite3_int64 checksum_at_ = -1;
  std::uint32_t difference_ = 0;
};

}  // namespace libsql::encryption

#endif  // LIBSQL_ENCRYPTION_JOURNAL_FILE_H_
