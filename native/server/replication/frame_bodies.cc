#include "server/replication/frame_bodies.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "server/replication/grpc.h"

#include <protozero/pbf_writer.hpp>

namespace libsql::server::replication {
namespace {

constexpr std::uint64_t kBatchFrames = 1024;  // As sqld.

// Message Frame, field 1: the bytes of the frame.
void append_frame_message(const unsigned char* frame, std::string& out) {
  protozero::pbf_writer(out).add_bytes(1, reinterpret_cast<const char*>(frame), kFrameBytes);
}

// Message Frames, field 1: a Frame.
void append_member(const unsigned char* frame, std::string& out) {
  protozero::pbf_writer frames(out);
  protozero::pbf_writer member(frames, 1);
  member.add_bytes(1, reinterpret_cast<const char*>(frame), kFrameBytes);
}

// What such a message takes: the same for all frames.
std::size_t bytes_of(void (*append)(const unsigned char*, std::string&)) {
  const std::vector<unsigned char> frame(kFrameBytes);
  std::string message;
  append(frame.data(), message);
  return message.size();
}

class BatchBody final : public Body {
 public:
  BatchBody(std::shared_ptr<const FrameFile> log, std::uint64_t index, std::uint64_t count)
      : log_(std::move(log)), index_(index), left_(count) {}

  bool next(std::string& bytes) override {
    if (!begun_) append_message_head(left_ * bytes_of(append_member), bytes);
    begun_ = true;
    const std::uint64_t count = std::min<std::uint64_t>(left_, kFramesAtOnce);
    frames_.resize(count * kFrameBytes);
    log_->read(index_, frames_);
    for (std::size_t i = 0; i < count; ++i) append_member(frames_.data() + i * kFrameBytes, bytes);
    index_ += count;
    left_ -= count;
    if (left_ > 0) return true;
    append_trailers(GrpcCode::ok, {}, bytes);
    return false;
  }

 private:
  const std::shared_ptr<const FrameFile> log_;
  std::vector<unsigned char> frames_;
  std::uint64_t index_;
  std::uint64_t left_;
  bool begun_ = false;
};

class SnapshotBody final : public Body {
 public:
  SnapshotBody(const LogView& view, std::uint64_t count)
      : snapshot_(view.snapshot), pages_(view.snapshot_pages), left_(count) {}

  bool next(std::string& bytes) override {
    const std::uint64_t count = std::min<std::uint64_t>(left_, kFramesAtOnce);
    frames_.resize(count * kFrameBytes);
    snapshot_->read(index_, frames_);
    index_ += count;
    left_ -= count;
    for (std::size_t i = 0; i < count; ++i) {
      unsigned char* const frame = frames_.data() + i * kFrameBytes;
      FrameHead head = read_frame_head(frame);
      head.size_after = left_ == 0 && i + 1 == count ? pages_ : 0;
      write_frame_head(frame, head);
      append_message_head(message_bytes_, bytes);
      append_frame_message(frame, bytes);
    }
    if (left_ > 0) return true;
    append_trailers(GrpcCode::ok, {}, bytes);
    return false;
  }

 private:
  const std::shared_ptr<const FrameFile> snapshot_;
  const std::uint32_t pages_;
  const std::size_t message_bytes_ = bytes_of(append_frame_message);
  std::vector<unsigned char> frames_;
  std::uint64_t index_ = 0;
  std::uint64_t left_;
};

}  // namespace

std::unique_ptr<Body> batch_body(const LogView& view, std::uint64_t next) {
  const std::uint64_t index = std::min(next, view.end) - view.first;
  const std::uint64_t all = view.end - view.first - index;
  std::uint64_t count = std::min(all, kBatchFrames);
  while (count < all && view.log->read_head(index + count - 1).size_after == 0) ++count;
  if (count * bytes_of(append_member) > std::numeric_limits<std::uint32_t>::max()) {
    throw GrpcError(GrpcCode::resource_exhausted,
                    "a transaction of " + std::to_string(count) +
                        " pages is larger than a message of gRPC can be, which is 4 GiB");
  }
  return std::make_unique<BatchBody>(view.log, index, count);
}

std::unique_ptr<Body> snapshot_body(const LogView& view, std::uint64_t next) {
  // Numbers fall: how many are `next` or more?
  std::uint64_t low = 0;
  for (std::uint64_t high = view.snapshot_frames; low < high;) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (view.snapshot->read_head(middle).number >= next) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return std::make_unique<SnapshotBody>(view, low);
}

}  // namespace libsql::server::replication
