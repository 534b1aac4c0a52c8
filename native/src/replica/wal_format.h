// The bytes of SQLite's write-ahead log: its header, and the headers of its frames.
// Source: sqlite.org/fileformat2.html#walformat
#ifndef LIBSQL_REPLICA_WAL_FORMAT_H_
#define LIBSQL_REPLICA_WAL_FORMAT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/wal_checksum.h"
#include "replica/page.h"

namespace libsql::replica {

inline constexpr std::size_t kLogHeaderBytes = 32;
inline constexpr std::size_t kFrameHeaderBytes = 24;
inline constexpr std::size_t kFrameBytes = kFrameHeaderBytes + kPageSize;

// Different for each life of the log, so that frames of an earlier one do not count.
using Salt = std::array<unsigned char, 8>;
using LogHeader = std::array<unsigned char, kLogHeaderBytes>;
using FrameHeader = std::array<unsigned char, kFrameHeaderBytes>;

// Where in the file frame `number` begins, counted from 1.
[[nodiscard]] constexpr std::int64_t frame_offset(std::uint32_t number) noexcept {
  return static_cast<std::int64_t>(kLogHeaderBytes) +
         (static_cast<std::int64_t>(number) - 1) * static_cast<std::int64_t>(kFrameBytes);
}

// How a log goes on: what the next frame's checksum continues from, and how it is computed.
struct LogChain {
  Salt salt{};
  core::WalChecksum::Order order = core::WalChecksum::Order::little_endian;
  core::WalChecksum sums;
};

// A new log's header. `sequence`: one more than the log before had.
[[nodiscard]] LogHeader make_log_header(std::uint32_t sequence, const Salt& salt);
// The chain that a log's first frame continues, if the header is one of this page size.
[[nodiscard]] std::optional<LogChain> read_log_header(const LogHeader& header);
// What `sequence` was when the header was made.
[[nodiscard]] std::uint32_t log_sequence(const LogHeader& header) noexcept;

// Makes the header of the next frame, and moves the chain behind it. `size_after`: pages of the
// database if the frame ends a transaction, else 0.
[[nodiscard]] FrameHeader make_frame_header(PageNumber page, std::uint32_t size_after,
                                            ConstBytes image, LogChain* chain);

// What a frame's header says.
struct FrameInfo {
  PageNumber page;
  std::uint32_t size_after;
  Salt salt;
  core::WalChecksum sums;
};
[[nodiscard]] FrameInfo read_frame_header(const FrameHeader& header) noexcept;
// Whether the frame is the chain's next; then moves the chain behind it. `image`: as in the file.
[[nodiscard]] bool continues(const FrameHeader& header, ConstBytes image, LogChain* chain) noexcept;

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_WAL_FORMAT_H_
