#include "encryption/hot_journal.h"

#include <array>

#include "encryption/encrypted_file.h"
#include "encryption/file_header.h"
#include "encryption/journal_file.h"

namespace libsql::encryption {

namespace {

constexpr std::size_t kWord = 4;
// Between two looks at a header another process may have begun another transaction.
constexpr int kAttempts = 5;

std::optional<JournalHeader> header_at(const RealFile& journal, sqlite3_int64 at) {
  std::array<unsigned char, kJournalHeaderBytes> bytes{};
  JournalHeader header{};
  if (journal.read(bytes, at) != SQLITE_OK || !parse_journal_header(bytes, &header)) return {};
  return header;
}

// One record: a page number, an image, a checksum.
struct Record {
  std::uint32_t number = 0;
  Bytes image;
  std::uint32_t checksum = 0;
};

std::optional<Record> record_at(const RealFile& journal, std::size_t page_size, sqlite3_int64 at,
                                Scratch& scratch) {
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

}  // namespace

JournalKey key_of_journal(const RealFile& journal, PageCipher& cipher) {
  Scratch scratch;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const std::optional<JournalHeader> header = header_at(journal, 0);
    if (!header || !header->counted()) return JournalKey::unknown;
    const auto first = static_cast<sqlite3_int64>(header->sector_size);
    std::optional<Record> record = record_at(journal, header->page_size, first, scratch);
    if (!record || !is_page(*record, header->page_size)) return JournalKey::unknown;
    if (verifies(*record, *header, cipher)) return JournalKey::same;
    const std::optional<JournalHeader> again = header_at(journal, 0);
    if (again && same(*header, *again)) return JournalKey::other;
  }
  return JournalKey::unknown;
}

std::optional<std::size_t> restores_first_page(const RealFile& journal, PageCipher& cipher) {
  sqlite3_int64 size = 0;
  if (journal.size(&size) != SQLITE_OK) return {};
  Scratch scratch;
  sqlite3_int64 at = 0;
  std::optional<JournalHeader> header = header_at(journal, at);
  while (header && header->counted()) {
    const auto sector = static_cast<sqlite3_int64>(header->sector_size);
    at += sector;
    for (std::uint32_t i = 0; i < header->records; ++i) {
      std::optional<Record> record = record_at(journal, header->page_size, at, scratch);
      if (!record) return {};
      if (record->number == 1) {
        return verifies(*record, *header, cipher) ? std::optional(header->page_size) : std::nullopt;
      }
      at += static_cast<sqlite3_int64>(kWord + header->page_size + kWord);
    }
    at = (at + sector - 1) / sector * sector;
    if (at >= size) break;
    header = header_at(journal, at);
  }
  return {};
}

}  // namespace libsql::encryption
