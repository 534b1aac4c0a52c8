#include "core/wal_checksum.h"

#include <cstddef>
#include <cstring>

#include "core/big_endian.h"

namespace libsql::core {

namespace {

std::uint32_t load_native32(const unsigned char* from) noexcept {
  std::uint32_t number = 0;
  std::memcpy(&number, from, sizeof number);
  return number;
}

template <typename Load>
void add_words(WalChecksum& sums, std::span<const unsigned char> bytes, Load&& load) noexcept {
  std::uint32_t first = sums.first;
  std::uint32_t second = sums.second;
  for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
    first += load(bytes.data() + at) + second;
    second += load(bytes.data() + at + 4) + first;
  }
  sums = {first, second};
}

}  // namespace

void WalChecksum::add(std::span<const unsigned char> bytes, Order order) noexcept {
  if (order == kNative) return add_words(*this, bytes, load_native32);
  if (order == Order::big_endian) return add_words(*this, bytes, load_be32);
  add_words(*this, bytes, [](const unsigned char* from) {
    return std::uint32_t{from[0]} | (std::uint32_t{from[1]} << 8U) |
           (std::uint32_t{from[2]} << 16U) | (std::uint32_t{from[3]} << 24U);
  });
}

}  // namespace libsql::core
