#include "replica/page_updates.h"

#include <optional>

#include "hrana/protobuf_reader.h"

#include <protozero/pbf_writer.hpp>

namespace libsql::replica {

namespace {

using hrana::Fault;
using hrana::Malformed;
using hrana::protobuf::Fields;

constexpr std::size_t kMaxMessage = std::size_t{64} * 1024;

template <typename Read>
auto guarded(std::string_view message, const Read& read) {
  return hrana::protobuf::guarded(message, hrana::Limits(), read);
}

UpdatesHeader read_header(std::string_view message) {
  return guarded(message, [message] {
    UpdatesHeader header;
    bool raw = false;
    std::uint64_t pages = 0;
    for (Fields fields(message); fields.next();) {
      switch (fields.number()) {
        case 1:
          header.revision = fields.bytes("server_revision");
          break;
        case 2:
          pages = fields.uint64("db_size");
          break;
        case 3:
          static_cast<void>(fields.message("raw_encoding"));
          raw = true;
          break;
        case 5:
          if (fields.uint64("stream_kind") != 0) {
            throw Malformed(Fault::unknown_type, "stream_kind", "is not that of pages");
          }
          break;
        case 6:
          header.replaces = fields.uint64("apply_mode") == 1;
          break;
        default:
          fields.skip();
      }
    }
    if (!raw) throw Malformed(Fault::unknown_type, "encoding", "is not raw, which was asked for");
    if (pages > kMaxPageNumber) throw Malformed(Fault::out_of_range, "db_size", "is too large");
    header.pages = static_cast<std::uint32_t>(pages);
    return header;
  });
}

struct PageData {
  PageNumber number;
  std::string_view image;
};

PageData read_page(std::string_view message) {
  return guarded(message, [message] {
    std::uint64_t id = 0;
    std::optional<std::string_view> image;
    for (Fields fields(message); fields.next();) {
      switch (fields.number()) {
        case 1:
          id = fields.uint64("page_id");
          break;
        case 2:
          image = fields.bytes("encoded_page");
          break;
        default:
          fields.skip();
      }
    }
    if (!image || image->size() != kPageSize) {
      throw Malformed(Fault::out_of_range, "encoded_page", "is not of 4096 bytes");
    }
    if (id >= kMaxPageNumber) throw Malformed(Fault::out_of_range, "page_id", "is too large");
    return PageData{static_cast<PageNumber>(id + 1), *image};
  });
}

}  // namespace

std::string encode(const UpdatesRequest& request) {
  std::string message;
  protozero::pbf_writer writer(message);
  if (!request.after.empty()) writer.add_bytes(3, request.after);
  if (request.wait_ms != 0) writer.add_uint32(4, request.wait_ms);
  return message;
}

void UpdatesReader::feed(std::string_view body, const Sink& sink) {
  while (!body.empty()) {
    if (state_ == State::length) {
      const std::optional<std::uint64_t> length = chunks_.collect_varint(body);
      if (!length) return;
      if (*length == 0 || *length > kMaxMessage) {
        throw Malformed(Fault::too_large, "", "a message is empty or longer than 64 KiB");
      }
      length_ = static_cast<std::size_t>(*length);
      state_ = State::message;
      continue;
    }
    if (!chunks_.collect(body, length_)) return;
    if (has_header_) {
      const PageData page = read_page(chunks_.bytes());
      sink.page(page.number,
                {reinterpret_cast<const unsigned char*>(page.image.data()), page.image.size()});
    } else {
      sink.header(read_header(chunks_.bytes()));
      has_header_ = true;
    }
    chunks_.clear();
    state_ = State::length;
  }
}

void UpdatesReader::finish() const {
  if (has_header_ && state_ == State::length && chunks_.empty()) return;
  throw Malformed(Fault::truncated, "", "the answer ended inside a message");
}

}  // namespace libsql::replica
