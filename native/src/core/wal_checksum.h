// The checksum of SQLite's write-ahead log and of its index in shared memory.
// Source: sqlite.org/fileformat2.html#checksum_algorithm
#ifndef LIBSQL_CORE_WAL_CHECKSUM_H_
#define LIBSQL_CORE_WAL_CHECKSUM_H_

#include <bit>
#include <cstdint>
#include <span>

namespace libsql::core {

// The two running sums. A value type.
struct WalChecksum {
  std::uint32_t first = 0;
  std::uint32_t second = 0;

  enum class Order : std::uint8_t { big_endian, little_endian };
  static constexpr Order kNative =
      std::endian::native == std::endian::big ? Order::big_endian : Order::little_endian;

  // Goes on over `bytes`, read as numbers of 32 bits in that order. Their count is even.
  void add(std::span<const unsigned char> bytes, Order order) noexcept;

  [[nodiscard]] bool operator==(const WalChecksum&) const = default;
};

}  // namespace libsql::core

#endif  // LIBSQL_CORE_WAL_CHECKSUM_H_
