#include "replica/wal_scan.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "replica/log_file.h"

namespace libsql::replica {

IndexHeader scan_log(sqlite3_file* file) {
  const LogFile log(file);
  IndexHeader found;
  LogHeader header{};
  if (!log.read(header, 0)) return found;
  const std::optional<LogChain> start = read_log_header(header);
  if (!start) return found;
  found.chain = *start;
  LogChain chain = *start;
  std::array<unsigned char, kFrameBytes> frame{};
  for (std::uint32_t number = 1; log.read(frame, frame_offset(number)); ++number) {
    FrameHeader frame_header{};
    std::copy_n(frame.begin(), kFrameHeaderBytes, frame_header.begin());
    if (!continues(frame_header, ConstBytes(frame).subspan(kFrameHeaderBytes), &chain)) break;
    const std::uint32_t pages = read_frame_header(frame_header).size_after;
    if (pages == 0) continue;
    found.frames = number;
    found.pages = pages;
    found.chain = chain;
  }
  return found;
}

}  // namespace libsql::replica
