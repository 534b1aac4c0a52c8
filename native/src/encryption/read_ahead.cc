#include "encryption/read_ahead.h"

#include <algorithm>
#include <cstring>

namespace libsql::encryption {

namespace {

constexpr std::size_t kWindow = std::size_t{64} * 1024;
// Two neighbours are common in lookups; more are a scan.
constexpr int kScan = 3;

}  // namespace

bool ReadAhead::holds(std::size_t size, sqlite3_int64 at) const noexcept {
  return at >= from_ &&
         at + static_cast<sqlite3_int64>(size) <= from_ + static_cast<sqlite3_int64>(held_);
}

bool ReadAhead::fill(const RealFile& file, std::size_t page_size, sqlite3_int64 at) {
  held_ = 0;
  sqlite3_int64 size = 0;
  if (file.size(&size) != SQLITE_OK || size <= at) return false;
  const auto left = static_cast<std::size_t>(
      std::min<sqlite3_int64>(size - at, static_cast<sqlite3_int64>(kWindow)));
  const std::size_t wanted = left / page_size * page_size;
  if (wanted <= page_size) return false;
  bytes_.resize(kWindow);
  if (file.read(Bytes(bytes_).first(wanted), at) != SQLITE_OK) return false;
  from_ = at;
  held_ = wanted;
  return true;
}

int ReadAhead::read(const RealFile& file, Bytes page, sqlite3_int64 at) {
  const auto length = static_cast<sqlite3_int64>(page.size());
  // The inner pages of a tree lie between its leaves: a jump out of the window and back is none.
  const bool follows =
      at == next_ || (held_ > 0 && at == from_ + static_cast<sqlite3_int64>(held_));
  if (!holds(page.size(), at)) {
    in_sequence_ = follows ? in_sequence_ + 1 : 1;
    next_ = at + length;
    if (in_sequence_ < kScan || !fill(file, page.size(), at)) return file.read(page, at);
  }
  next_ = at + length;
  std::memcpy(page.data(), bytes_.data() + (at - from_), page.size());
  return SQLITE_OK;
}

}  // namespace libsql::encryption
