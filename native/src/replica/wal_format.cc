#include "replica/wal_format.h"

#include <algorithm>

#include "core/big_endian.h"

namespace libsql::replica {

namespace {

using core::load_be32;
using core::store_be32;
using core::WalChecksum;

// The last bit is set if the checksums read big-endian numbers.
constexpr std::uint32_t kMagic = 0x377f0682;
constexpr std::uint32_t kVersion = 3007000;
constexpr std::size_t kVersionAt = 4;
constexpr std::size_t kPageSizeAt = 8;
constexpr std::size_t kSequenceAt = 12;
constexpr std::size_t kSaltAt = 16;
constexpr std::size_t kSumsAt = 24;

constexpr std::size_t kFrameSizeAt = 4;
constexpr std::size_t kFrameSaltAt = 8;
constexpr std::size_t kFrameSumsAt = 16;
// What of a frame's header its checksum covers.
constexpr std::size_t kSummed = 8;

WalChecksum load_sums(const unsigned char* from) noexcept {
  return {load_be32(from), load_be32(from + 4)};
}

void store_sums(unsigned char* to, const WalChecksum& sums) noexcept {
  store_be32(to, sums.first);
  store_be32(to + 4, sums.second);
}

void add_frame(const FrameHeader& header, ConstBytes image, LogChain* chain) noexcept {
  chain->sums.add(ConstBytes(header).first(kSummed), chain->order);
  chain->sums.add(image, chain->order);
}

}  // namespace

LogHeader make_log_header(std::uint32_t sequence, const Salt& salt) {
  LogHeader header{};
  store_be32(header.data(), kMagic);
  store_be32(header.data() + kVersionAt, kVersion);
  store_be32(header.data() + kPageSizeAt, kPageSize);
  store_be32(header.data() + kSequenceAt, sequence);
  std::ranges::copy(salt, header.begin() + kSaltAt);
  WalChecksum sums;
  sums.add(ConstBytes(header).first(kSumsAt), WalChecksum::Order::little_endian);
  store_sums(header.data() + kSumsAt, sums);
  return header;
}

std::optional<LogChain> read_log_header(const LogHeader& header) {
  const std::uint32_t magic = load_be32(header.data());
  if ((magic & ~1U) != kMagic || load_be32(header.data() + kVersionAt) != kVersion ||
      load_be32(header.data() + kPageSizeAt) != kPageSize) {
    return std::nullopt;
  }
  LogChain chain;
  chain.order =
      (magic & 1U) != 0 ? WalChecksum::Order::big_endian : WalChecksum::Order::little_endian;
  chain.sums.add(ConstBytes(header).first(kSumsAt), chain.order);
  if (chain.sums != load_sums(header.data() + kSumsAt)) return std::nullopt;
  std::copy_n(header.begin() + kSaltAt, chain.salt.size(), chain.salt.begin());
  return chain;
}

std::uint32_t log_sequence(const LogHeader& header) noexcept {
  return load_be32(header.data() + kSequenceAt);
}

FrameHeader make_frame_header(PageNumber page, std::uint32_t size_after, ConstBytes image,
                              LogChain* chain) {
  FrameHeader header{};
  store_be32(header.data(), page);
  store_be32(header.data() + kFrameSizeAt, size_after);
  std::ranges::copy(chain->salt, header.begin() + kFrameSaltAt);
  add_frame(header, image, chain);
  store_sums(header.data() + kFrameSumsAt, chain->sums);
  return header;
}

FrameInfo read_frame_header(const FrameHeader& header) noexcept {
  FrameInfo info{load_be32(header.data()), load_be32(header.data() + kFrameSizeAt), {}, {}};
  std::copy_n(header.begin() + kFrameSaltAt, info.salt.size(), info.salt.begin());
  info.sums = load_sums(header.data() + kFrameSumsAt);
  return info;
}

bool continues(const FrameHeader& header, ConstBytes image, LogChain* chain) noexcept {
  const FrameInfo info = read_frame_header(header);
  if (info.page == 0 || info.salt != chain->salt) return false;
  LogChain next = *chain;
  add_frame(header, image, &next);
  if (next.sums != info.sums) return false;
  *chain = next;
  return true;
}

}  // namespace libsql::replica
