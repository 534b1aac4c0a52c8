#include "server/replication/base_snapshot.h"

#include <algorithm>
#include <vector>

#include "core/big_endian.h"
#include "libsql/error.h"

namespace libsql::server::replication {
namespace {

using replica::kLockBytePage;

constexpr int kMostTries = 100;

class BaseSnapshot {
 public:
  BaseSnapshot(FrameFile& file, WalTap& tap, std::uint32_t pages, const std::atomic<bool>& stopping)
      : file_(file), tap_(tap), pages_(pages), count_(number_of(pages) + 1), stopping_(stopping) {}

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

  // What a checkpoint writes meanwhile is in the log too, which is read later.
  void copy_file() {
    const std::uint32_t end = std::min(pages_, tap_.file_pages());
    for (std::uint32_t page = 1; page <= end;) {
      if (page == kLockBytePage) ++page;
      const std::uint32_t stop = page < kLockBytePage ? std::min(end, kLockBytePage - 1) : end;
      if (page > stop) break;
      const std::uint32_t many = std::min<std::uint32_t>(stop - page + 1, kFramesAtOnce);
      copy_pages(page, many);
      page += many;
    }
  }

  void put_log(ConstBytes frames) {
    require_time();
    for (; !frames.empty(); frames = frames.subspan(kFrameBytes)) {
      const std::uint32_t page = core::load_be32(frames.data());
      if (page == 0 || page > pages_) continue;
      put(page, frames.subspan(kFrameHeadBytes, kPageSize), 0);
      file_.write(index_of(page), ConstBytes(frame_).first(kFrameBytes));
    }
  }

 private:
  [[nodiscard]] static std::uint64_t number_of(std::uint32_t page) noexcept {
    return page - (page >= kLockBytePage ? 2U : 1U);
  }
  [[nodiscard]] std::uint64_t index_of(std::uint32_t page) const noexcept {
    return count_ - 1 - number_of(page);
  }

  // Into the frame at `slot` of the buffer.
  void put(std::uint32_t page, ConstBytes image, std::size_t slot) {
    frame_.resize(std::max(frame_.size(), (slot + 1) * kFrameBytes));
    unsigned char* const to = frame_.data() + slot * kFrameBytes;
    write_frame_head(to, {number_of(page), page, 0});
    std::ranges::copy(image, to + kFrameHeadBytes);
  }

  void require_time() const {
    if (!stopping_) return;
    throw Error(ErrorKind::interrupted, "the server stops before its database has been copied");
  }

  void copy_pages(std::uint32_t page, std::uint32_t many) {
    require_time();
    images_.resize(many * kPageSize);
    tap_.read_file(page, images_);
    for (std::uint32_t i = 0; i < many; ++i) {
      put(page + i, ConstBytes(images_).subspan(i * kPageSize, kPageSize), many - 1 - i);
    }
    file_.write(index_of(page + many - 1), ConstBytes(frame_).first(many * kFrameBytes));
  }

  FrameFile& file_;
  WalTap& tap_;
  const std::uint32_t pages_;
  const std::uint64_t count_;
  const std::atomic<bool>& stopping_;
  std::vector<unsigned char> images_;
  std::vector<unsigned char> frame_;
};

}  // namespace

FrameRecord write_base_snapshot(FrameFile& file, WalTap& tap, const std::atomic<bool>& stopping) {
  for (int tries = 0; tries < kMostTries; ++tries) {
    tap.follow();
    const replica::IndexHeader header = tap.newest();
    const std::uint32_t pages = header.frames > 0 ? header.pages : tap.file_pages();
    if (pages == 0) throw local::error_for_code(SQLITE_EMPTY);
    BaseSnapshot snapshot(file, tap, pages, stopping);
    snapshot.copy_file();
    if (!tap.read_log(1, header.frames, header.chain.salt,
                      [&](ConstBytes frames) { snapshot.put_log(frames); })) {
      continue;
    }
    FrameRecord record;
    record.first = snapshot.count() - 1;
    record.count = snapshot.count();
    record.pages = pages;
    record.tap = {header.chain.salt, header.frames, header.chain.sums};
    return record;
  }
  throw local::error_for_code(SQLITE_BUSY);
}

}  // namespace libsql::server::replication
