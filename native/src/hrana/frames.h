// Cuts a body that arrives in pieces of any size into its frames: lines, or messages behind their
// length.
#ifndef LIBSQL_HRANA_FRAMES_H_
#define LIBSQL_HRANA_FRAMES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace libsql::hrana {

enum class Framing : std::uint8_t {
  lines,   // Each frame ends with \n; empty ones are left out.
  length,  // Each frame is preceded by its size as a varint.
};

// Threads: thread-compatible.
class Frames {
 public:
  // Frames larger than `max_bytes` are errors. `padding` bytes behind each frame can be read.
  Frames(Framing framing, std::size_t max_bytes, std::size_t padding)
      : framing_(framing), max_bytes_(max_bytes), padding_(padding) {}

  // Takes the next piece. Invalidates all frames.
  void add(std::string_view bytes);
  // The next whole frame, which may be changed; nothing if more bytes are needed. Valid until
  // add(). Errors: too_large; not_protobuf for a length that is no varint.
  [[nodiscard]] std::optional<std::span<char>> next();
  // The body ended: a last line need not end with \n. Errors: as next().
  [[nodiscard]] std::optional<std::span<char>> last();
  // Bytes of an incomplete frame are left.
  [[nodiscard]] bool partial() const noexcept { return begin_ != buffer_.size(); }

 private:
  [[nodiscard]] std::optional<std::span<char>> next_line();
  [[nodiscard]] std::optional<std::span<char>> next_message();
  [[nodiscard]] std::span<char> cut(std::size_t begin, std::size_t size, std::size_t next);

  Framing framing_;
  std::size_t max_bytes_;
  std::size_t padding_;
  std::string buffer_;
  std::size_t begin_ = 0;    // Of the first frame that has not been returned.
  std::size_t scanned_ = 0;  // No line ends between begin_ and here.
};

}  // namespace libsql::hrana

#endif  // LIBSQL_HRANA_FRAMES_H_
