#include "server/replication/log_view.h"

#include <openssl/rand.h>

#include <algorithm>
#include <utility>

#include "libsql/error.h"

namespace libsql::server::replication {

std::string text_of(const LogId& id) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < id.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kDigits[id[i] >> 4U];
    text += kDigits[id[i] & 15U];
  }
  return text;
}

LogId random_id() {
  LogId id{};
  if (RAND_bytes(id.data(), static_cast<int>(id.size())) != 1) {
    throw Error(ErrorKind::io, "the system gives no random bytes");
  }
  id[6] = static_cast<unsigned char>((id[6] & 0x0FU) | 0x40U);  // Version 4: random.
  id[8] = static_cast<unsigned char>((id[8] & 0x3FU) | 0x80U);
  return id;
}

NewestPages::NewestPages(LogView view, std::uint64_t from)
    : view_(std::move(view)),
      from_(from),
      seen_(std::size_t{view_.pages} + 1),
      log_left_(view_.end - std::min(view_.end, std::max(from, view_.first))) {}

bool NewestPages::next(std::vector<unsigned char>& frames) {
  const std::size_t before = frames.size();
  while (!done_ && frames.size() == before) {
    if (log_left_ > 0) {
      next_of_log(frames);
    } else {
      next_of_snapshot(frames);
    }
  }
  return frames.size() > before;
}

void NewestPages::next_of_log(std::vector<unsigned char>& frames) {
  const std::uint64_t count = std::min<std::uint64_t>(log_left_, kFramesAtOnce);
  const std::uint64_t base = std::max(from_, view_.first) - view_.first;
  part_.resize(count * kFrameBytes);
  view_.log->read(base + log_left_ - count, part_);
  log_left_ -= count;
  for (std::uint64_t i = count; i > 0; --i) take(part_.data() + (i - 1) * kFrameBytes, frames);
}

void NewestPages::next_of_snapshot(std::vector<unsigned char>& frames) {
  const std::uint64_t left = view_.snapshot_frames - snapshot_read_;
  const std::uint64_t count = std::min<std::uint64_t>(left, kFramesAtOnce);
  done_ = count == 0 || from_ >= view_.first;
  if (done_) return;
  part_.resize(count * kFrameBytes);
  view_.snapshot->read(snapshot_read_, part_);
  snapshot_read_ += count;
  for (std::uint64_t i = 0; i < count; ++i) {
    const unsigned char* const frame = part_.data() + i * kFrameBytes;
    done_ = read_frame_head(frame).number < from_;
    if (done_) return;
    take(frame, frames);
  }
}

// A page behind the end of the database was cut off later.
void NewestPages::take(const unsigned char* frame, std::vector<unsigned char>& frames) {
  const std::uint32_t page = read_frame_head(frame).page;
  if (page >= seen_.size() || seen_[page]) return;
  seen_[page] = true;
  frames.insert(frames.end(), frame, frame + kFrameBytes);
}

}  // namespace libsql::server::replication
