#include "server/replication/frame_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <type_traits>
#include <utility>

#include "libsql/error.h"

namespace libsql::server::replication {
namespace {

constexpr std::uint64_t kFramesAt = 4096;
constexpr mode_t kMode = 0644;

// As it is in the file, which no other machine reads.
struct Block {
  std::array<char, 8> magic{'L', 'S', 'Q', 'L', 'F', 'R', 'M', '1'};
  FrameRecord record;
  core::WalChecksum sums;
};
static_assert(std::is_trivially_copyable_v<Block> && sizeof(Block) % 8 == 0);
using BlockBytes = std::array<unsigned char, sizeof(Block)>;

BlockBytes bytes_of(const Block& block) noexcept {
  BlockBytes bytes{};
  std::memcpy(bytes.data(), &block, sizeof block);
  return bytes;
}

core::WalChecksum sums_of(Block block) noexcept {
  block.sums = {};
  core::WalChecksum sums;
  sums.add(bytes_of(block), core::WalChecksum::kNative);
  return sums;
}

}  // namespace

std::shared_ptr<FrameFile> FrameFile::create(const std::filesystem::path& path) {
  // Who reads the old file goes on reading it.
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) replica::throw_system_error("replace", path);
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kMode);
  if (descriptor < 0) replica::throw_system_error("create", path);
  return std::shared_ptr<FrameFile>(new FrameFile(path, descriptor));
}

std::shared_ptr<FrameFile> FrameFile::open(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0 && errno == ENOENT) return nullptr;
  if (descriptor < 0) replica::throw_system_error("open", path);
  return std::shared_ptr<FrameFile>(new FrameFile(path, descriptor));
}

void FrameFile::read_at(std::uint64_t at, Bytes to) const {
  while (!to.empty()) {
    const ssize_t count = ::pread(file_.get(), to.data(), to.size(), static_cast<off_t>(at));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) replica::throw_system_error("read", path_);
    if (count == 0) throw Error(ErrorKind::io, path_.string() + " is shorter than it was");
    to = to.subspan(static_cast<std::size_t>(count));
    at += static_cast<std::uint64_t>(count);
  }
}

void FrameFile::write_at(std::uint64_t at, ConstBytes from) {
  while (!from.empty()) {
    const ssize_t count = ::pwrite(file_.get(), from.data(), from.size(), static_cast<off_t>(at));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) replica::throw_system_error("write", path_);
    from = from.subspan(static_cast<std::size_t>(count));
    at += static_cast<std::uint64_t>(count);
  }
}

void FrameFile::read(std::uint64_t index, Bytes frames) const {
  read_at(kFramesAt + index * kFrameBytes, frames);
}

FrameHead FrameFile::read_head(std::uint64_t index) const {
  std::array<unsigned char, kFrameHeadBytes> bytes{};
  read_at(kFramesAt + index * kFrameBytes, bytes);
  return read_frame_head(bytes.data());
}

void FrameFile::read_image(std::uint64_t index, Bytes page) const {
  read_at(kFramesAt + index * kFrameBytes + kFrameHeadBytes, page);
}

void FrameFile::write(std::uint64_t index, ConstBytes frames) {
  write_at(kFramesAt + index * kFrameBytes, frames);
}

std::optional<FrameRecord> FrameFile::read_record() const {
  BlockBytes bytes{};
  const ssize_t count = ::pread(file_.get(), bytes.data(), bytes.size(), 0);
  if (count < 0) replica::throw_system_error("read", path_);
  if (static_cast<std::size_t>(count) < bytes.size()) return std::nullopt;
  Block block;
  std::memcpy(&block, bytes.data(), sizeof block);
  if (block.magic != Block().magic || !(block.sums == sums_of(block))) return std::nullopt;
  return block.record;
}

void FrameFile::write_record(const FrameRecord& record) {
  Block block;
  block.record = record;
  block.sums = sums_of(block);
  write_at(0, bytes_of(block));
}

void FrameFile::sync() {
  if (::fsync(file_.get()) != 0) replica::throw_system_error("sync", path_);
}

}  // namespace libsql::server::replication
