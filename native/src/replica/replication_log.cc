#include "replica/replication_log.h"

#include <algorithm>

#include "hrana/protobuf_reader.h"

#include <protozero/pbf_writer.hpp>

namespace libsql::replica {

namespace {

using hrana::Fault;
using hrana::Malformed;
using hrana::protobuf::Fields;

constexpr std::size_t kFrameHeader = 24;
constexpr std::size_t kPageAt = 16;
constexpr std::size_t kSizeAt = 20;
// Page, header, and the other fields of the message.
constexpr std::size_t kMaxFrame = kFrameHeader + kPageSize + 64;
// Field 1, length-delimited.
constexpr std::uint64_t kFramesTag = 10;

template <typename Number>
Number load_little(std::string_view bytes, std::size_t at) {
  Number number = 0;
  for (std::size_t i = sizeof number; i > 0; --i) {
    number = static_cast<Number>(number << 8U) | static_cast<unsigned char>(bytes[at + i - 1]);
  }
  return number;
}

template <typename Read>
auto guarded(std::string_view message, const Read& read) {
  return hrana::protobuf::guarded(message, hrana::Limits(), read);
}

LogFrame frame_in(std::string_view data) {
  if (data.size() != kFrameHeader + kPageSize) {
    throw Malformed(Fault::out_of_range, "data", "is not a frame of 4120 bytes");
  }
  const std::string_view image = data.substr(kFrameHeader);
  return {load_little<std::uint64_t>(data, 0),
          load_little<std::uint32_t>(data, kPageAt),
          load_little<std::uint32_t>(data, kSizeAt),
          {reinterpret_cast<const unsigned char*>(image.data()), image.size()}};
}

}  // namespace

std::string hello_request() {
  std::string message;
  protozero::pbf_writer(message).add_uint64(1, 1);
  return message;
}

std::string log_offset(std::uint64_t next_frame) {
  std::string message;
  if (next_frame != 0) protozero::pbf_writer(message).add_uint64(1, next_frame);
  return message;
}

Hello read_hello(std::string_view message) {
  return guarded(message, [message] {
    Hello hello;
    for (Fields fields(message); fields.next();) {
      switch (fields.number()) {
        case 3:
          hello.log_id = fields.text("log_id");
          break;
        case 4:
          hello.session_token = fields.bytes("session_token");
          break;
        case 5:
          hello.head = fields.uint64("current_replication_index");
          break;
        default:
          fields.skip();
      }
    }
    if (hello.log_id.empty()) throw Malformed(Fault::missing, "log_id", "is not there");
    // It becomes a header.
    const bool printable = std::ranges::all_of(hello.session_token,
                                               [](unsigned char c) { return c > ' ' && c < 0x7f; });
    if (!printable) throw Malformed(Fault::bad_text, "session_token", "is not printable");
    return hello;
  });
}

LogFrame read_log_frame(std::string_view message) {
  return guarded(message, [message] {
    std::optional<std::string_view> data;
    for (Fields fields(message); fields.next();) {
      if (fields.number() == 1) {
        data = fields.bytes("data");
      } else {
        fields.skip();
      }
    }
    if (!data) throw Malformed(Fault::missing, "data", "is not there");
    return frame_in(*data);
  });
}

void FramesReader::feed(std::string_view bytes, const std::function<void(const LogFrame&)>& frame) {
  while (!bytes.empty()) {
    if (state_ == State::frame) {
      if (!chunks_.collect(bytes, length_)) return;
      frame(read_log_frame(chunks_.bytes()));
      chunks_.clear();
      state_ = State::tag;
      continue;
    }
    const std::optional<std::uint64_t> number = chunks_.collect_varint(bytes);
    if (!number) return;
    if (state_ == State::tag) {
      if (*number != kFramesTag) throw Malformed(Fault::wrong_type, "frames", "has another tag");
      state_ = State::length;
      continue;
    }
    if (*number == 0 || *number > kMaxFrame) {
      throw Malformed(Fault::out_of_range, "frames", "has a frame of another length");
    }
    length_ = static_cast<std::size_t>(*number);
    state_ = State::frame;
  }
}

void FramesReader::finish() const {
  if (state_ == State::tag && chunks_.empty()) return;
  throw Malformed(Fault::truncated, "frames", "ended inside a frame");
}

}  // namespace libsql::replica
