#include "hrana/frames.h"

#include <algorithm>

#include "hrana/malformed.h"

namespace libsql::hrana {
namespace {

constexpr std::size_t kMaxVarintBytes = 10;

[[noreturn]] void too_large() {
  throw Malformed(Fault::too_large, "", "the message is larger than allowed");
}

}  // namespace

void Frames::add(std::string_view bytes) {
  buffer_.erase(0, begin_);
  scanned_ -= begin_;
  begin_ = 0;
  // Twice as much each time, so that a frame of many pieces is not copied once for each.
  const std::size_t needed = buffer_.size() + bytes.size() + padding_;
  if (needed > buffer_.capacity()) buffer_.reserve(std::max(needed, 2 * buffer_.capacity()));
  buffer_ += bytes;
}

std::span<char> Frames::cut(std::size_t begin, std::size_t size, std::size_t next) {
  begin_ = next;
  scanned_ = next;
  return {buffer_.data() + begin, size};
}

std::optional<std::span<char>> Frames::next() {
  return framing_ == Framing::lines ? next_line() : next_message();
}

std::optional<std::span<char>> Frames::next_line() {
  while (true) {
    const std::size_t end = buffer_.find('\n', scanned_);
    const std::size_t size = std::min(end, buffer_.size()) - begin_;
    if (size > max_bytes_) too_large();
    if (end == std::string::npos) {
      scanned_ = buffer_.size();
      return std::nullopt;
    }
    const auto line = cut(begin_, size, end + 1);
    const std::string_view text(line.data(), line.size());
    if (text.find_first_not_of(" \t\r") != std::string_view::npos) return line;
  }
}

std::optional<std::span<char>> Frames::next_message() {
  std::uint64_t size = 0;
  std::size_t at = begin_;
  for (unsigned shift = 0;; shift += 7) {
    if (at - begin_ == kMaxVarintBytes) {
      throw Malformed(Fault::not_protobuf, "", "the length of a message is no varint");
    }
    if (at == buffer_.size()) return std::nullopt;
    const auto byte = static_cast<unsigned char>(buffer_[at++]);
    size |= std::uint64_t{byte & 0x7fU} << shift;
    if ((byte & 0x80U) == 0) break;
  }
  if (size > max_bytes_) too_large();
  if (buffer_.size() - at < size) return std::nullopt;
  return cut(at, size, at + size);
}

std::optional<std::span<char>> Frames::last() {
  if (framing_ == Framing::length || !partial()) return std::nullopt;
  add("\n");
  return next();
}

}  // namespace libsql::hrana
