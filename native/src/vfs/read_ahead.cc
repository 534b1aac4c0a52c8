#include "vfs/read_ahead.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace libsql::vfs {

namespace {

// What a page's share of a call costs is small by then.
constexpr sqlite3_int64 kTile = sqlite3_int64{64} * 1024;
// A few neighbours are common in lookups; more are a scan.
constexpr int kScan = 16;

constexpr sqlite3_int64 tile_of(sqlite3_int64 at) noexcept { return at / kTile; }

}  // namespace

ReadAhead::Held& ReadAhead::place_of(sqlite3_int64 tile) noexcept {
  return held_.at(static_cast<std::size_t>(tile) % held_.size());
}

unsigned char* ReadAhead::bytes_at(sqlite3_int64 at) noexcept {
  return bytes_.data() + at % (kTile * static_cast<sqlite3_int64>(held_.size()));
}

bool ReadAhead::holds(sqlite3_int64 at, sqlite3_int64 size) noexcept {
  const Held& held = place_of(tile_of(at));
  return at >= held.from && at + size <= held.end;
}

// A quarter of what has been read in sequence, then twice as much as before: where a scan ends
// soon, little has been read in vain.
bool ReadAhead::fill(const RealFile& file, sqlite3_int64 start, sqlite3_int64 page_size) {
  const sqlite3_int64 most = std::max(2 * filled_, in_sequence_ * page_size / 4);
  filled_ = 0;
  if (size_ < 0 && file.size(&size_) != SQLITE_OK) return false;
  const sqlite3_int64 tile = tile_of(start);
  const sqlite3_int64 end =
      std::min({start + most, (tile + 1) * kTile, size_ / page_size * page_size});
  if (end - start <= page_size) return false;
  Held& held = place_of(tile);
  const bool joins = held.end == start && tile_of(held.from) == tile;
  if (!joins) held = {start, start};
  bytes_.resize(held_.size() * static_cast<std::size_t>(kTile));
  if (file.read({bytes_at(start), static_cast<std::size_t>(end - start)}, start) != SQLITE_OK) {
    return false;
  }
  held.end = end;
  end_ = end;
  filled_ = end - start;
  used_ = 0;
  return true;
}

// The order of a table's pages is not quite that of the file: inner pages lie between leaves, and a
// leaf lies behind the overflow pages of its rows. So a near jump does not end a sequence.
void ReadAhead::note(sqlite3_int64 at, sqlite3_int64 size) noexcept {
  if (at == next_) {
    ++in_sequence_;
  } else if (std::abs(at - next_) > kTile / 2) {
    in_sequence_ = 0;
  }
  next_ = at + size;
}

bool ReadAhead::scans(const RealFile& file, sqlite3_int64 at, sqlite3_int64 size) {
  const bool used = 2 * used_ >= filled_;
  if (!used) {
    // What was read ahead in vain was no scan.
    filled_ = 0;
    in_sequence_ = 0;
  }
  if (at >= end_ && at < end_ + 2 * filled_) {
    return fill(file, end_, size) && holds(at, size);
  }
  return in_sequence_ >= kScan && fill(file, at, size);
}

int ReadAhead::read(const RealFile& file, Bytes page, sqlite3_int64 at) {
  const auto size = static_cast<sqlite3_int64>(page.size());
  note(at, size);
  if (!holds(at, size) && !scans(file, at, size)) return file.read(page, at);
  used_ += size;
  std::memcpy(page.data(), bytes_at(at), page.size());
  return SQLITE_OK;
}

}  // namespace libsql::vfs
