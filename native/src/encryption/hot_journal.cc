#include "encryption/hot_journal.h"

#include <array>

#include "encryption/file_header.h"
#include "encryption/journal_file.h"

namespace libsql::encryption {

namespace {

constexpr std::size_t kWord = 4;
// Between two looks at a header another process may have begun another transaction.
constexpr int kAttempts = 5;

std::optional<JournalHeader> header_at(const vfs::RealFile& journal, sqlite3_int64 at) {
  std::array<unsigned char, kJournalHeaderBytes> bytes{};
  JournalHeader header{};
  if (journal.read(bytes, at) != SQLITE_OK || !parse_journal_header(bytes, &header)) return {};
  return header;
}

sqlite3_int64 sector_of(const JournalHeader& header) {
  return static_cast<sqlite3_int64>(header.sector_size);
}

sqlite3_int64 record_bytes(std::size_t page_size) {
  return static_cast<sqlite3_int64>(page_size) + 2 * sqlite3_int64{kWord};
}

// One record: a page number, an image, a checksum.
struct Record {
  std::uint32_t number = 0;
  Bytes image;
  std::uint32_t checksum = 0;
};

std::optional<Record> record_at(const vfs::RealFile& journal, std::size_t page_size,
                                sqlite3_int64 at, Scratch& scratch) {
  const Bytes bytes = scratch.of(kWord + page_size + kWord);
  if (journal.read(bytes, at) != SQLITE_OK) return {};
  return Record{.number = load_be32(bytes.data()),
                .image = bytes.subspan(kWord, page_size),
                .checksum = load_be32(bytes.data() + kWord + page_size)};
}

bool is_page(const Record& record, std::size_t page_size) {
  return record.number != 0 && record.number <= kMaxPageNumber &&
         record.number != pending_page(page_size);
}

// Decrypts the image. In libSQL's format the checksum over the plain image verifies it.
bool verifies(Record& record, const JournalHeader& header, PageCipher& cipher) {
  if (!cipher.decrypt(record.number, record.image)) return false;
  return cipher.reserved_bytes() > 0 || header.nonce + journal_sum(record.image) == record.checksum;
}

bool same(const JournalHeader& a, const JournalHeader& b) {
  return a.records == b.records && a.nonce == b.nonce;
}

// Whose key wrote the first record of the segment at `at`.
JournalKey key_of_segment(const vfs::RealFile& journal, sqlite3_int64 at, PageCipher& cipher,
                          Scratch& scratch) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const std::optional<JournalHeader> header = header_at(journal, at);
    if (!header || !header->counted()) return JournalKey::unknown;
    std::optional<Record> record =
        record_at(journal, header->page_size, at + sector_of(*header), scratch);
    if (!record || !is_page(*record, header->page_size)) return JournalKey::unknown;
    if (verifies(*record, *header, cipher)) return JournalKey::same;
    const std::optional<JournalHeader> again = header_at(journal, at);
    if (again && same(*header, *again)) return JournalKey::other;
  }
  return JournalKey::unknown;
}

// The segments of a journal, in their order, as long as their records are counted.
class Segments {
 public:
  explicit Segments(const vfs::RealFile& journal) : journal_(journal) {
    if (journal_.size(&size_) == SQLITE_OK) enter(0);
  }
  [[nodiscard]] const std::optional<JournalHeader>& header() const noexcept { return header_; }
  [[nodiscard]] sqlite3_int64 at() const noexcept { return at_; }
  // A segment begins at a multiple of the sector's size.
  void next() {
    const sqlite3_int64 sector = sector_of(*header_);
    const sqlite3_int64 end = at_ + sector + header_->records * record_bytes(header_->page_size);
    enter((end + sector - 1) / sector * sector);
  }

 private:
  void enter(sqlite3_int64 at) {
    at_ = at;
    header_ = at < size_ ? header_at(journal_, at) : std::nullopt;
    if (header_ && !header_->counted()) header_.reset();
  }

  const vfs::RealFile& journal_;
  sqlite3_int64 size_ = 0;
  sqlite3_int64 at_ = 0;
  std::optional<JournalHeader> header_;
};

}  // namespace

JournalKey key_of_journal(const vfs::RealFile& journal, PageCipher& cipher) {
  Scratch scratch;
  JournalKey key = JournalKey::unknown;
  for (Segments segments(journal); segments.header(); segments.next()) {
    const bool first = segments.at() == 0;
    const JournalKey found = key_of_segment(journal, segments.at(), cipher, scratch);
    if (first) key = found;
    if (found == JournalKey::other) return first ? found : JournalKey::same_in_part;
    if (found == JournalKey::unknown) break;
  }
  return key;
}

std::optional<std::size_t> restores_first_page(const vfs::RealFile& journal, PageCipher& cipher) {
  Scratch scratch;
  for (Segments segments(journal); segments.header(); segments.next()) {
    const JournalHeader& header = *segments.header();
    sqlite3_int64 at = segments.at() + sector_of(header);
    for (std::uint32_t i = 0; i < header.records; ++i, at += record_bytes(header.page_size)) {
      std::optional<Record> record = record_at(journal, header.page_size, at, scratch);
      if (!record) return {};
      if (record->number == 1) {
        return verifies(*record, header, cipher) ? std::optional(header.page_size) : std::nullopt;
      }
    }
  }
  return {};
}

}  // namespace libsql::encryption
