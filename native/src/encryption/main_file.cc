#include "encryption/main_file.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "encryption/file_header.h"
#include "encryption/refused_pragma.h"

namespace libsql::encryption {

namespace {

constexpr std::uint32_t kFirstPage = 1;
// What SQLite reads of page 1 without wanting the page: its header, and the change counter.
constexpr std::size_t kPrefixBytes = 112;
constexpr int kAttempts = 5;

int zeros_and(int code, Bytes to) noexcept {
  std::ranges::fill(to, static_cast<unsigned char>(0));
  return code;
}

}  // namespace

bool MainFile::is_page(std::size_t size, sqlite3_int64 at) const noexcept {
  return size == page_size_ && at % static_cast<sqlite3_int64>(page_size_) == 0;
}

std::uint32_t MainFile::number_at(sqlite3_int64 at) const noexcept {
  return static_cast<std::uint32_t>(at / static_cast<sqlite3_int64>(page_size_)) + 1;
}

Refusal MainFile::check_key() {
  std::array<unsigned char, kHeaderBytes> header{};
  sqlite3_int64 size = 0;
  if (real().size(&size) != SQLITE_OK || size == 0) return Refusal::none;
  const auto there = static_cast<std::size_t>(
      std::min<sqlite3_int64>(size, static_cast<sqlite3_int64>(header.size())));
  const Bytes first = Bytes(header).first(there);
  // No lock is held: a header that is being written may be seen half.
  Refusal refusal = Refusal::damaged_header;
  for (int attempt = 0; refusal == Refusal::damaged_header && attempt < kAttempts; ++attempt) {
    const int rc = real().read(first, 0);
    // What cannot be read SQLite cannot read either, and says so.
    if (rc != SQLITE_OK) return Refusal::none;
    // The first transaction of a new file has not come as far as page 1.
    if (kind_of_file(first) == FileKind::empty) return Refusal::none;
    refusal = cipher_->open(first);
  }
  if (refusal == Refusal::none) page_size_ = page_size_of(first);
  return refusal;
}

int MainFile::refuse(Refusal refusal, std::uint32_t number) noexcept {
  if (number > kFirstPage) return encryption::refuse(SQLITE_CORRUPT, refusal, number);
  broken_ = true;
  return encryption::refuse(SQLITE_NOTADB, refusal, number);
}

// The page size is not known while the file is empty, and another process may have filled it since.
int MainFile::learn_header() {
  if (page_size_ != 0) return SQLITE_OK;
  const Refusal refusal = check_key();
  return refusal == Refusal::none ? SQLITE_OK : refuse(refusal);
}

int MainFile::decrypt(std::uint32_t number, Bytes page) {
  if (number == 0 || number > kMaxPageNumber) return refuse(Refusal::damaged_page, number);
  if (cipher_->decrypt(number, page)) return SQLITE_OK;
  return number == kFirstPage ? refuse(Refusal::damaged_header)
                              : refuse(Refusal::damaged_page, number);
}

int MainFile::read(Bytes to, sqlite3_int64 at) {
  const int known = learn_header();
  if (known != SQLITE_OK) return zeros_and(known, to);
  if (page_size_ == 0) return real().read(to, at);
  if (at != 0 && is_page(to.size(), at)) {
    const int rc = ahead_.read(real(), to, at);
    // Beyond the end of the file are zeros.
    if (rc == SQLITE_IOERR_SHORT_READ) return zeros_and(rc, to);
    return rc == SQLITE_OK ? decrypt(number_at(at), to) : rc;
  }
  // SQLite reads page 1 to learn whether the file has changed, also without any lock.
  ahead_.forget();
  if (at == 0 && to.size() == kHeaderBytes) return read_header(to);
  const bool small = static_cast<std::size_t>(at) + to.size() <= kPrefixBytes;
  if (small && cipher_->decrypts_prefix()) return read_prefix(to, at);
  return read_pages(to, at);
}

// What SQLite reads before it has a lock, and before it plays back a journal: of a page 1 that does
// not verify now, because it is being written or must be restored first, it gets the clear bytes.
int MainFile::read_header(Bytes to) {
  std::array<unsigned char, kHeaderBytes> clear{};
  const int rc = real().read(clear, 0);
  if (rc != SQLITE_OK) return zeros_and(rc, to);
  const bool was_broken = broken_;
  const int read = cipher_->decrypts_prefix() ? read_prefix(to, 0) : read_pages(to, 0);
  if (read != SQLITE_NOTADB) return read;
  broken_ = was_broken;
  std::ranges::fill(to, static_cast<unsigned char>(0));
  if (!has_clear_header(clear)) return SQLITE_OK;
  std::ranges::copy(kPlainMagic, to.begin());
  std::copy_n(clear.begin() + kClearFrom, kClearTo - kClearFrom, to.begin() + kClearFrom);
  return SQLITE_OK;
}

int MainFile::read_prefix(Bytes to, sqlite3_int64 at) {
  std::array<unsigned char, kPrefixBytes> prefix{};
  const WipeAtEnd wiped(prefix);
  const int rc = real().read(prefix, 0);
  if (rc != SQLITE_OK) return zeros_and(rc, to);
  const int decrypted = decrypt(kFirstPage, prefix);
  if (decrypted != SQLITE_OK) return zeros_and(decrypted, to);
  std::memcpy(to.data(), prefix.data() + at, to.size());
  return SQLITE_OK;
}

// Any part of the file: the pages it lies in are read and decrypted one by one.
int MainFile::read_pages(Bytes to, sqlite3_int64 at) {
  const auto size = static_cast<sqlite3_int64>(page_size_);
  const Bytes page = scratch_.of(page_size_);
  while (!to.empty()) {
    const sqlite3_int64 start = at / size * size;
    const auto skip = static_cast<std::size_t>(at - start);
    const std::size_t length = std::min(page_size_ - skip, to.size());
    int rc = real().read(page, start);
    if (rc == SQLITE_OK && start == 0) {
      // A file that was emptied and written again has another file id.
      const Refusal refusal = cipher_->open(page.first(kHeaderBytes));
      if (refusal != Refusal::none) rc = refuse(refusal);
    }
    if (rc == SQLITE_OK) rc = decrypt(number_at(start), page);
    if (rc != SQLITE_OK) return zeros_and(rc, to);
    std::memcpy(to.data(), page.data() + skip, length);
    to = to.subspan(length);
    at += static_cast<sqlite3_int64>(length);
  }
  return SQLITE_OK;
}

int MainFile::check_page(std::uint32_t number, ConstBytes plain) {
  if (broken_ || number == 0 || number > kMaxPageNumber) return SQLITE_IOERR_WRITE;
  if (number != kFirstPage) return SQLITE_OK;
  // VACUUM with another page size writes the new pages in the old size.
  if (!has_clear_header(plain) || page_size_of(plain) != plain.size()) {
    return encryption::refuse(SQLITE_IOERR_WRITE, Refusal::page_size);
  }
  if (reserved_of(plain) < cipher_->reserved_bytes()) {
    return encryption::refuse(SQLITE_IOERR_WRITE, Refusal::reserved_bytes);
  }
  return SQLITE_OK;
}

// Whole pages, or nothing: what does not fit is never passed on as it is.
int MainFile::write(ConstBytes from, sqlite3_int64 at) {
  ahead_.forget();
  const int known = learn_header();
  if (known != SQLITE_OK) return known;
  if (page_size_ == 0 && is_page_size(from.size())) page_size_ = from.size();
  if (page_size_ == 0 || !is_page(from.size(), at)) {
    return encryption::refuse(SQLITE_IOERR_WRITE, Refusal::page_size);
  }
  const std::uint32_t number = number_at(at);
  const int allowed = check_page(number, from);
  if (allowed != SQLITE_OK) return allowed;
  const Bytes page = scratch_.of(page_size_);
  cipher_->encrypt(number, from, page);
  return real().write(page, at);
}

int MainFile::truncate(sqlite3_int64 size) {
  ahead_.forget();
  const int rc = ShimFile::truncate(size);
  if (rc == SQLITE_OK && size == 0) page_size_ = 0;
  return rc;
}

int MainFile::control(int op, void* argument) {
  switch (op) {
    case SQLITE_FCNTL_MMAP_SIZE:
      // Mapped memory would show SQLite the ciphertext.
      *static_cast<sqlite3_int64*>(argument) = 0;
      return SQLITE_OK;
    case SQLITE_FCNTL_PRAGMA:
      return answer_pragma(static_cast<char**>(argument));
    case SQLITE_FCNTL_BEGIN_ATOMIC_WRITE:
    case SQLITE_FCNTL_COMMIT_ATOMIC_WRITE:
    case SQLITE_FCNTL_ROLLBACK_ATOMIC_WRITE:
      return SQLITE_NOTFOUND;
    default:
      return ShimFile::control(op, argument);
  }
}

// `arguments`: SQLite's answer, the pragma's name, its value or null.
// Source: sqlite.org/c3ref/c_fcntl_begin_atomic_write.html#sqlitefcntlpragma
int MainFile::answer_pragma(char** arguments) {
  const char* const value = arguments[2];
  sqlite3_int64 size = 0;
  const bool empty = real().size(&size) == SQLITE_OK && size == 0;
  const std::string message = refused_pragma(
      {.name = arguments[1], .value = value == nullptr ? "" : value, .sets = value != nullptr},
      {.page_size = page_size_, .empty = empty});
  if (message.empty()) return ShimFile::control(SQLITE_FCNTL_PRAGMA, arguments);
  arguments[0] = sqlite3_mprintf("%s", message.c_str());
  return SQLITE_ERROR;
}

int MainFile::characteristics() {
  constexpr int kAtomic = SQLITE_IOCAP_ATOMIC | SQLITE_IOCAP_ATOMIC512 | SQLITE_IOCAP_ATOMIC1K |
                          SQLITE_IOCAP_ATOMIC2K | SQLITE_IOCAP_ATOMIC4K | SQLITE_IOCAP_ATOMIC8K |
                          SQLITE_IOCAP_ATOMIC16K | SQLITE_IOCAP_ATOMIC32K | SQLITE_IOCAP_ATOMIC64K |
                          SQLITE_IOCAP_BATCH_ATOMIC;
  // SQLITE_IOCAP_SUBPAGE_READ of SQLite 3.48: reads of parts of a page.
  constexpr int kSubpageRead = 0x00008000;
  return ShimFile::characteristics() & ~(kAtomic | kSubpageRead);
}

}  // namespace libsql::encryption
