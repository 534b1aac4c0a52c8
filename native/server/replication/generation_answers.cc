#include "server/replication/generation_answers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/big_endian.h"

namespace libsql::server::replication {
namespace {

constexpr std::string_view kBinary = "application/octet-stream";

// The numbers behind a prefix, with slashes between them. Errors: RequestRefused 404.
template <std::size_t count>
std::array<std::uint64_t, count> numbers_in(std::string_view path, std::string_view prefix) {
  std::array<std::uint64_t, count> numbers{};
  const char* at = path.data() + prefix.size();
  const char* const end = path.data() + path.size();
  for (std::size_t i = 0; i < count; ++i) {
    const auto [stop, error] = std::from_chars(at, end, numbers[i]);
    const bool last = i + 1 == count;
    if (error != std::errc() || (last ? stop != end : stop == end || *stop != '/')) {
      throw RequestRefused(404, "NOT_FOUND", "no such path");
    }
    at = stop + 1;
  }
  return numbers;
}

RequestRefused gone(std::uint64_t generation) {
  return {410, "GENERATION_GONE",
          "the log does not have what follows in generation " + std::to_string(generation) +
              ": begin again with /info and /export, in a new file"};
}

// The pages of a snapshot in their order.
class ExportBody final : public Body {
 public:
  explicit ExportBody(const LogView& view)
      : snapshot_(view.snapshot), places_(std::size_t{view.snapshot_pages} + 1) {
    for (std::uint32_t index = 0; index < view.snapshot_frames; ++index) {
      places_.at(snapshot_->read_head(index).page) = index + 1;
    }
  }

  bool next(std::string& bytes) override {
    const std::size_t end = std::min(places_.size(), page_ + kFramesAtOnce);
    const std::size_t before = bytes.size();
    bytes.resize(before + (end - page_) * kPageSize);
    auto* to = reinterpret_cast<unsigned char*>(bytes.data() + before);
    for (; page_ < end; ++page_, to += kPageSize) {
      // The page with SQLite's lock bytes is none of them, and stays zero.
      if (places_[page_] != 0) snapshot_->read_image(places_[page_] - 1, {to, kPageSize});
    }
    return page_ < places_.size();
  }

 private:
  const std::shared_ptr<const FrameFile> snapshot_;
  std::vector<std::uint32_t> places_;  // By page: one more than the frame's index.
  std::size_t page_ = 1;
};

// Frames as SQLite's write-ahead log has them, but for salts and checksums, which clients ignore.
class SyncBody final : public Body {
 public:
  SyncBody(std::shared_ptr<const FrameFile> log, std::uint64_t index, std::uint64_t count)
      : log_(std::move(log)), index_(index), left_(count) {}

  bool next(std::string& bytes) override {
    const std::uint64_t count = std::min<std::uint64_t>(left_, kFramesAtOnce);
    const std::size_t before = bytes.size();
    bytes.resize(before + count * kFrameBytes);
    auto* frame = reinterpret_cast<unsigned char*>(bytes.data() + before);
    log_->read(index_, {frame, count * kFrameBytes});
    for (std::uint64_t i = 0; i < count; ++i, frame += kFrameBytes) {
      const FrameHead head = read_frame_head(frame);
      std::fill_n(frame, kFrameHeadBytes, static_cast<unsigned char>(0));
      core::store_be32(frame, head.page);
      core::store_be32(frame + 4, head.size_after);
    }
    index_ += count;
    left_ -= count;
    return left_ > 0;
  }

 private:
  const std::shared_ptr<const FrameFile> log_;
  std::uint64_t index_;
  std::uint64_t left_;
};

std::uint64_t frames_of(const LogView& view) noexcept { return view.end - view.first; }

HttpResponse nothing_follows(const LogView& view) {
  return {400, std::string(kJson),
          R"({"status":"ok","generation":)" + std::to_string(view.generation) +
              R"(,"max_frame_no":)" + std::to_string(frames_of(view)) + R"(,"baton":null})"};
}

}  // namespace

HttpResponse info_answer(const LogView& view) {
  return {200, std::string(kJson),
          R"({"current_generation":)" + std::to_string(view.generation) + "}"};
}

PoolAnswer export_answer(const LogView& view, std::string_view path) {
  const auto [generation] = numbers_in<1>(path, "/export/");
  const LogView* const wanted = view.find_generation(generation);
  if (wanted == nullptr) throw gone(generation);
  return StreamedBody{std::string(kBinary), std::make_unique<ExportBody>(*wanted)};
}

PoolAnswer sync_answer(const LogView& view, std::string_view path) {
  const auto [generation, start, end] = numbers_in<3>(path, "/sync/");
  if (start == 0 || end <= start) throw RequestRefused(404, "NOT_FOUND", "no such frames");
  const LogView* const wanted = view.find_generation(generation);
  const bool ended_before = generation + 1 == view.generation;
  if (wanted == nullptr && !ended_before) throw gone(generation);
  const std::uint64_t frames = wanted != nullptr ? frames_of(*wanted) : view.frames_before;
  if (start == frames + 1) return nothing_follows(view);
  if (wanted == nullptr || start > frames) throw gone(generation);
  const std::uint64_t count = std::min(end, frames + 1) - start;
  return StreamedBody{std::string(kBinary),
                      std::make_unique<SyncBody>(wanted->log, start - 1, count)};
}

}  // namespace libsql::server::replication
