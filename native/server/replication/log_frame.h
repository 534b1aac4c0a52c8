// One frame of a replication log: a page's image and its place in the history of the database.
// The bytes are those that V1 sends (specification 2.6), and as many as a frame of SQLite's
// write-ahead log has.
#ifndef LIBSQL_SERVER_REPLICATION_LOG_FRAME_H_
#define LIBSQL_SERVER_REPLICATION_LOG_FRAME_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "replica/page.h"

namespace libsql::server::replication {

using replica::Bytes;
using replica::ConstBytes;
using replica::kPageSize;

inline constexpr std::size_t kFrameHeadBytes = 24;
inline constexpr std::size_t kFrameBytes = kFrameHeadBytes + kPageSize;
// How many frames are read and written at once.
inline constexpr std::size_t kFramesAtOnce = 64;

struct FrameHead {
  std::uint64_t number = 0;      // Counted from 0 over the life of the log.
  std::uint32_t page = 0;        // Counted from 1.
  std::uint32_t size_after = 0;  // The database's pages, if the frame ends a transaction.
};

namespace detail {

template <typename Number>
void store_little_endian(unsigned char* to, Number number) noexcept {
  for (std::size_t i = 0; i < sizeof number; ++i) {
    to[i] = static_cast<unsigned char>(number >> (8 * i));
  }
}
template <typename Number>
[[nodiscard]] Number load_little_endian(const unsigned char* from) noexcept {
  Number number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i) {
    number = static_cast<Number>(number | (Number{from[i]} << (8 * i)));
  }
  return number;
}

}  // namespace detail

// The first kFrameHeadBytes of a frame. The checksum is zero: clients do not look at it.
inline void write_frame_head(unsigned char* to, const FrameHead& head) noexcept {
  detail::store_little_endian(to, head.number);
  detail::store_little_endian(to + 8, std::uint64_t{0});
  detail::store_little_endian(to + 16, head.page);
  detail::store_little_endian(to + 20, head.size_after);
}
[[nodiscard]] inline FrameHead read_frame_head(const unsigned char* from) noexcept {
  return {detail::load_little_endian<std::uint64_t>(from),
          detail::load_little_endian<std::uint32_t>(from + 16),
          detail::load_little_endian<std::uint32_t>(from + 20)};
}

}  // namespace libsql::server::replication

#endif  // LIBSQL_SERVER_REPLICATION_LOG_FRAME_H_
