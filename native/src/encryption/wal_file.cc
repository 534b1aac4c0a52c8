#include "encryption/wal_file.h"

#include <algorithm>
#include <cstring>

#include "encryption/file_header.h"

namespace libsql::encryption {

namespace {

constexpr sqlite3_int64 kWalHeader = 32;
constexpr std::size_t kWalHeaderBytes = 32;
constexpr std::size_t kPageSizeAt = 8;
constexpr std::size_t kHeaderSumsAt = 24;
constexpr std::size_t kFrameSumsAt = 16;
constexpr std::size_t kSummedBytes = 8;

}  // namespace

// Of the log itself, because one that was left behind may have another page size than the database.
int WalFile::learn_page_size() {
  if (page_size_ != 0) return SQLITE_OK;
  std::array<unsigned char, kWalHeaderBytes> header{};
  const int rc = real().read(header, 0);
  if (rc == SQLITE_IOERR_SHORT_READ) return SQLITE_OK;
  const std::size_t size = load_be32(header.data() + kPageSizeAt);
  if (rc == SQLITE_OK && is_page_size(size)) page_size_ = size;
  return rc;
}

sqlite3_int64 WalFile::place_in_frame(sqlite3_int64 at) const noexcept {
  return at < kWalHeader ? -1 : (at - kWalHeader) % frame_length();
}

int WalFile::read(Bytes to, sqlite3_int64 at) {
  const int known = learn_page_size();
  if (known != SQLITE_OK) return known;
  // Headers and checksums are as SQLite wants them. Whole frames are for recovery, which looks at
  // checksums of what is there.
  if (page_size_ == 0 || to.size() > page_size_ || place_in_frame(at) != kFrameHeader) {
    return real().read(to, at);
  }
  const Bytes frame = scratch_.of(kFrameHeader + page_size_);
  int rc = real().read(frame, at - static_cast<sqlite3_int64>(kFrameHeader));
  if (rc == SQLITE_OK) {
    rc = main_.decrypt(load_be32(frame.data()), frame.subspan(kFrameHeader));
  }
  if (rc == SQLITE_OK) {
    std::memcpy(to.data(), frame.data() + kFrameHeader, to.size());
  } else {
    std::ranges::fill(to, static_cast<unsigned char>(0));
  }
  return rc;
}

int WalFile::write(ConstBytes from, sqlite3_int64 at) {
  if (at == 0 && from.size() == kWalHeaderBytes) {
    const std::size_t size = load_be32(from.data() + kPageSizeAt);
    if (!is_page_size(size)) return SQLITE_IOERR_WRITE;
    page_size_ = size;
    header_at_ = -1;
    return real().write(from, at);
  }
  const int known = learn_page_size();
  if (known != SQLITE_OK) return known;
  if (page_size_ == 0) return SQLITE_IOERR_WRITE;
  const sqlite3_int64 place = place_in_frame(at);
  if (place == 0 && from.size() == kFrameHeader) {
    // At once: SQLite writes headers alone when it corrects checksums after an image was replaced.
    const int rc = real().write(from, at);
    std::ranges::copy(from, header_.begin());
    header_at_ = rc == SQLITE_OK ? at : -1;
    return rc;
  }
  if (place == kFrameHeader && from.size() == page_size_) return write_image(from, at);
  return SQLITE_IOERR_WRITE;
}

// The sums that a frame's own go on from: those of the frame before it, or of the file header. Read
// each time, because another connection may have started the log anew.
int WalFile::seed(sqlite3_int64 frame, core::WalChecksum* sums,
                  core::WalChecksum::Order* order) const {
  std::array<unsigned char, kWalHeaderBytes> header{};
  int rc = real().read(header, 0);
  if (rc != SQLITE_OK) return rc;
  *order = (load_be32(header.data()) & 1U) != 0 ? core::WalChecksum::Order::big_endian
                                                : core::WalChecksum::Order::little_endian;
  std::array<unsigned char, kSummedBytes> bytes{};
  std::copy_n(header.begin() + kHeaderSumsAt, bytes.size(), bytes.begin());
  if (frame != kWalHeader) {
    rc = real().read(bytes, frame - frame_length() + static_cast<sqlite3_int64>(kFrameSumsAt));
    if (rc != SQLITE_OK) return rc;
  }
  *sums = {load_be32(bytes.data()), load_be32(bytes.data() + 4)};
  return SQLITE_OK;
}

int WalFile::write_image(ConstBytes plain, sqlite3_int64 at) {
  const sqlite3_int64 frame_at = at - static_cast<sqlite3_int64>(kFrameHeader);
  const Bytes frame = scratch_.of(kFrameHeader + page_size_);
  const Bytes header = frame.first(kFrameHeader);
  if (header_at_ == frame_at) {
    std::ranges::copy(header_, header.begin());
  } else {
    const int rc = real().read(header, frame_at);
    if (rc != SQLITE_OK) return rc;
  }
  const std::uint32_t number = load_be32(header.data());
  const int allowed = main_.check_page(number, plain);
  if (allowed != SQLITE_OK) return allowed;
  core::WalChecksum sums;
  core::WalChecksum::Order order{};
  const int rc = seed(frame_at, &sums, &order);
  if (rc != SQLITE_OK) return rc;
  const Bytes image = frame.subspan(kFrameHeader);
  main_.cipher().encrypt(number, plain, image);
  sums.add(header.first(kSummedBytes), order);
  sums.add(image, order);
  store_be32(header.data() + kFrameSumsAt, sums.first);
  store_be32(header.data() + kFrameSumsAt + 4, sums.second);
  return real().write(frame, frame_at);
}

}  // namespace libsql::encryption
