#include "server/replication/page_updates.h"

#include <charconv>
#include <iterator>
#include <utility>
#include <vector>

#include "hrana/protobuf_reader.h"
#include "server/failures.h"

#include <protozero/pbf_writer.hpp>

namespace libsql::server::replication {
namespace {

using protozero::pbf_writer;

constexpr char kSeparator = ':';
constexpr int kReplaceBase = 1;
constexpr int kPagesProtocol = 1;

RequestRefused not_offered(const std::string& what) {
  return {501, "UNSUPPORTED", "this server sends whole databases page by page, not " + what};
}

void append_message(const std::string& message, std::string& out) {
  protozero::write_varint(std::back_inserter(out), message.size());
  out += message;
}

std::string header_of(const LogView& view, bool replaces) {
  std::string header;
  pbf_writer writer(header);
  writer.add_string(1, revision_of(view.id, view.head()));
  writer.add_uint64(2, view.pages);
  writer.add_message(3, std::string());  // Raw pages.
  if (replaces) writer.add_enum(6, kReplaceBase);
  writer.add_enum(8, kPagesProtocol);
  return header;
}

class UpdatesBody final : public Body {
 public:
  UpdatesBody(LogView view, std::uint64_t from, std::string header)
      : header_(std::move(header)), pages_(std::move(view), from) {}

  bool next(std::string& bytes) override {
    if (!header_.empty()) append_message(std::exchange(header_, {}), bytes);
    frames_.clear();
    if (!pages_.next(frames_)) return false;
    for (std::size_t at = 0; at < frames_.size(); at += kFrameBytes) {
      const unsigned char* const frame = frames_.data() + at;
      std::string page;
      pbf_writer writer(page);
      writer.add_uint64(1, read_frame_head(frame).page - 1);  // Counted from 0 here.
      writer.add_bytes(2, reinterpret_cast<const char*>(frame + kFrameHeadBytes), kPageSize);
      append_message(page, bytes);
    }
    return true;
  }

 private:
  std::string header_;
  NewestPages pages_;
  std::vector<unsigned char> frames_;
};

// The log as it was when its last frame was `frame`.
void go_back(LogView& view, std::uint64_t frame) {
  view.end = frame + 1;
  view.pages = view.end == view.first ? view.snapshot_pages
                                      : view.log->read_head(frame - view.first).size_after;
}

}  // namespace

UpdatesQuestion read_updates_question(std::string_view message) {
  UpdatesQuestion question;
  for (hrana::protobuf::Fields fields(message); fields.next();) {
    switch (fields.number()) {
      case 1:
        if (fields.uint64("encoding") != 0) throw not_offered("compressed");
        break;
      case 2:
        question.at = fields.text("server_revision");
        break;
      case 3:
        question.since = fields.text("client_revision");
        break;
      case 4:
        question.wait_ms = fields.uint32("long_poll_timeout_ms");
        break;
      case 5:
        if (!fields.bytes("server_pages_selector").empty()) throw not_offered("in parts");
        break;
      case 7:
        if (!fields.bytes("server_query_selector").empty()) throw not_offered("by queries");
        break;
      case 8:
        if (fields.uint64("stream_kind") != 0) throw not_offered("as a logical log");
        break;
      default:
        fields.skip();
    }
  }
  return question;
}

std::string revision_of(const LogId& log, std::uint64_t frame) {
  return std::to_string(frame) + kSeparator + text_of(log);
}

std::optional<std::uint64_t> frame_of(const LogId& log, std::string_view revision) {
  const std::size_t separator = revision.find(kSeparator);
  if (separator == std::string_view::npos || revision.substr(separator + 1) != text_of(log)) {
    return std::nullopt;
  }
  std::uint64_t frame = 0;
  const char* const end = revision.data() + separator;
  const auto [stop, error] = std::from_chars(revision.data(), end, frame);
  if (error != std::errc() || stop != end) return std::nullopt;
  return frame;
}

std::unique_ptr<Body> updates_body(LogView view, const UpdatesQuestion& question) {
  if (!question.at.empty()) {
    const auto frame = frame_of(view.id, question.at);
    const bool known = frame && *frame + 1 >= view.first && *frame < view.end;
    if (known) go_back(view, *frame);
    if (!known || view.pages == 0) {
      throw RequestRefused(400, "UNKNOWN_REVISION", "the log has no such server_revision any more");
    }
  }
  const auto has = frame_of(view.id, question.since);
  const bool goes_on = has && *has < view.end;
  std::string header = header_of(view, !question.since.empty() && !goes_on);
  return std::make_unique<UpdatesBody>(std::move(view), goes_on ? *has + 1 : 0, std::move(header));
}

}  // namespace libsql::server::replication
