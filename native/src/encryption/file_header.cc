#include "encryption/file_header.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "encryption/aes256gcm_header.h"

namespace libsql::encryption {

namespace {

constexpr std::size_t kPageSizeAt = 16;
constexpr std::size_t kReservedAt = 20;
constexpr std::size_t kFractionsAt = 21;
constexpr unsigned char kFractions[] = {0x40, 0x20, 0x20};

}  // namespace

bool is_page_size(std::size_t size) noexcept {
  return std::has_single_bit(size) && size >= kMinPageSize && size <= kMaxPageSize;
}

std::size_t page_size_of(ConstBytes first) noexcept {
  const std::size_t high = first[kPageSizeAt];
  const std::size_t low = first[kPageSizeAt + 1];
  const std::size_t stored = (high << 8U) | low;
  return stored == 1 ? kMaxPageSize : stored;
}

std::size_t reserved_of(ConstBytes first) noexcept { return first[kReservedAt]; }

bool has_clear_header(ConstBytes first) noexcept {
  return first.size() >= kClearTo && is_page_size(page_size_of(first)) &&
         std::memcmp(first.data() + kFractionsAt, kFractions, sizeof kFractions) == 0;
}

bool all_zero(ConstBytes bytes) noexcept {
  return std::ranges::all_of(bytes, [](unsigned char byte) { return byte == 0; });
}

FileKind kind_of_file(ConstBytes first) noexcept {
  if (all_zero(first)) return FileKind::empty;
  if (first.size() >= sizeof kPlainMagic &&
      std::memcmp(first.data(), kPlainMagic, sizeof kPlainMagic) == 0) {
    return FileKind::plain;
  }
  if (first.size() < kHeaderBytes) return FileKind::unknown;
  if (has_gcm_magic(first)) return FileKind::aes256gcm;
  return has_clear_header(first) ? FileKind::perhaps_aes256cbc : FileKind::unknown;
}

}  // namespace libsql::encryption
