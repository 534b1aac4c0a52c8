// Big-endian numbers, as SQLite writes them into its files.
#ifndef LIBSQL_CORE_BIG_ENDIAN_H_
#define LIBSQL_CORE_BIG_ENDIAN_H_

#include <cstdint>

namespace libsql::core {

[[nodiscard]] inline std::uint32_t load_be32(const unsigned char* from) noexcept {
  return (std::uint32_t{from[0]} << 24U) | (std::uint32_t{from[1]} << 16U) |
         (std::uint32_t{from[2]} << 8U) | std::uint32_t{from[3]};
}

inline void store_be32(unsigned char* to, std::uint32_t number) noexcept {
  to[0] = static_cast<unsigned char>(number >> 24U);
  to[1] = static_cast<unsigned char>(number >> 16U);
  to[2] = static_cast<unsigned char>(number >> 8U);
  to[3] = static_cast<unsigned char>(number);
}

}  // namespace libsql::core

#endif  // LIBSQL_CORE_BIG_ENDIAN_H_
