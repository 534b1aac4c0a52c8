#include "encryption/journal_file.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "encryption/file_header.h"

namespace libsql::encryption {

namespace {

constexpr unsigned char kJournalMagic[8] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
constexpr std::size_t kRecordsAt = 8;
constexpr std::size_t kNonceAt = 12;
constexpr std::size_t kSectorAt = 20;
constexpr std::size_t kPageSizeAt = 24;
constexpr std::size_t kMinSector = 32;
constexpr std::size_t kMaxSector = 65536;
constexpr std::size_t kWord = 4;
constexpr std::size_t kSumStep = 200;
constexpr std::size_t kPendingByte = 0x40000000;

}  // namespace

bool parse_journal_header(ConstBytes bytes, JournalHeader* header) noexcept {
  if (bytes.size() < kJournalHeaderBytes ||
      std::memcmp(bytes.data(), kJournalMagic, sizeof kJournalMagic) != 0) {
    return false;
  }
  *header = {.records = load_be32(bytes.data() + kRecordsAt),
             .nonce = load_be32(bytes.data() + kNonceAt),
             .sector_size = load_be32(bytes.data() + kSectorAt),
             .page_size = load_be32(bytes.data() + kPageSizeAt)};
  return is_page_size(header->page_size) && std::has_single_bit(header->sector_size) &&
         header->sector_size >= kMinSector && header->sector_size <= kMaxSector;
}

std::uint32_t journal_sum(ConstBytes image) noexcept {
  std::uint32_t sum = 0;
  for (std::size_t at = image.size() - kSumStep; at > 0 && at < image.size(); at -= kSumStep) {
    sum += image[at];
  }
  return sum;
}

std::uint32_t pending_page(std::size_t page_size) noexcept {
  return static_cast<std::uint32_t>(kPendingByte / page_size) + 1;
}

// The database's, or the journal's own while the database has none. SQLite writes the header's
// magic number last, so the other fields count without it.
int JournalFile::learn_page_size() {
  page_size_ = main_.page_size();
  if (page_size_ != 0) return SQLITE_OK;
  std::array<unsigned char, kJournalHeaderBytes> bytes{};
  const int rc = real().read(bytes, 0);
  if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ) return rc;
  const std::size_t size = load_be32(bytes.data() + kPageSizeAt);
  if (is_page_size(size)) page_size_ = size;
  return SQLITE_OK;
}

bool JournalFile::is_image(std::uint32_t number) const noexcept {
  return number != 0 && number != pending_page(page_size_);
}

bool JournalFile::changes_checksums() const noexcept { return main_.cipher().reserved_bytes() > 0; }

int JournalFile::read(Bytes to, sqlite3_int64 at) {
  const int known = learn_page_size();
  if (known != SQLITE_OK) return known;
  if (page_size_ != 0 && to.size() == page_size_ && at >= static_cast<sqlite3_int64>(kWord)) {
    return read_image(to, at);
  }
  const int rc = real().read(to, at);
  if (rc == SQLITE_OK && to.size() == kWord && at == checksum_at_ && changes_checksums()) {
    store_be32(to.data(), load_be32(to.data()) - difference_);
  }
  return rc;
}

int JournalFile::read_image(Bytes to, sqlite3_int64 at) {
  const Bytes record = scratch_.of(kWord + page_size_);
  int rc = real().read(record, at - static_cast<sqlite3_int64>(kWord));
  if (rc != SQLITE_OK) return rc;
  const std::uint32_t number = load_be32(record.data());
  const Bytes image = record.subspan(kWord);
  checksum_at_ = at + static_cast<sqlite3_int64>(page_size_);
  difference_ = journal_sum(image);
  if (is_image(number)) rc = decrypt_image(number, image);
  difference_ -= journal_sum(image);
  std::ranges::copy(image, to.begin());
  return rc;
}

// A record of a transaction without syncs may be half there after a crash: SQLite stops at a short
// read, as at a wrong checksum. Every other record was whole before it was needed.
int JournalFile::decrypt_image(std::uint32_t number, Bytes image) {
  if (number <= kMaxPageNumber && main_.cipher().decrypt(number, image)) return SQLITE_OK;
  std::array<unsigned char, kJournalHeaderBytes> bytes{};
  JournalHeader header{};
  const bool unsynced = !written_ && real().read(bytes, 0) == SQLITE_OK &&
                        parse_journal_header(bytes, &header) && header.records == kNotCounted;
  if (unsynced) return SQLITE_IOERR_SHORT_READ;
  return encryption::refuse(SQLITE_CORRUPT, Refusal::damaged_page, number);
}

// Passes on what holds nothing of a page, and refuses what is not understood.
int JournalFile::write(ConstBytes from, sqlite3_int64 at) {
  written_ = true;
  if (from.size() == kWord && at == checksum_at_) return write_checksum(from, at);
  const bool follows_number = at == image_at_;
  image_at_ = -1;
  if (from.size() == kWord) {
    image_at_ = at + static_cast<sqlite3_int64>(kWord);
    number_ = load_be32(from.data());
    return real().write(from, at);
  }
  // Completed headers, and the words at the end of a super-journal's name.
  if (from.size() <= kJournalHeaderBytes) return real().write(from, at);
  const int known = learn_page_size();
  if (known != SQLITE_OK) return known;
  if (!follows_number) {
    // A header is filled up with zeros to a sector.
    return all_zero(from.subspan(kJournalHeaderBytes)) ? real().write(from, at)
                                                       : SQLITE_IOERR_WRITE;
  }
  // The name of a super-journal.
  if (!is_image(number_)) return real().write(from, at);
  return from.size() == page_size_ ? write_image(number_, from, at) : SQLITE_IOERR_WRITE;
}

int JournalFile::write_checksum(ConstBytes from, sqlite3_int64 at) {
  checksum_at_ = -1;
  if (!changes_checksums()) return real().write(from, at);
  std::array<unsigned char, kWord> sum{};
  store_be32(sum.data(), load_be32(from.data()) + difference_);
  return real().write(sum, at);
}

int JournalFile::write_image(std::uint32_t number, ConstBytes plain, sqlite3_int64 at) {
  if (number > kMaxPageNumber) return SQLITE_IOERR_WRITE;
  const Bytes image = scratch_.of(page_size_);
  main_.cipher().encrypt(number, plain, image);
  checksum_at_ = at + static_cast<sqlite3_int64>(page_size_);
  difference_ = journal_sum(image) - journal_sum(plain);
  return real().write(image, at);
}

}  // namespace libsql::encryption
