// A replication log as it was at one commit: a snapshot with the newest image of each page up to
// some frame, and all frames behind it.
#ifndef LIBSQL_SERVER_REPLICATION_LOG_VIEW_H_
#define LIBSQL_SERVER_REPLICATION_LOG_VIEW_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "server/replication/frame_file.h"

namespace libsql::server::replication {

// A value. It stays as it is while the log goes on.
struct LogView {
  LogId id{};
  std::uint32_t pages = 0;  // Of the database.
  // The number of the snapshot and of the frames behind it. Those of another log are others, too.
  std::uint32_t generation = 1;

  std::shared_ptr<const FrameFile> log;
  std::uint64_t first = 0;  // The number of its first frame.
  std::uint64_t end = 0;    // One more than the last frame's. At least 1.

  // Frames of falling numbers, each page once. It ends with the frame before `first`.
  std::shared_ptr<const FrameFile> snapshot;
  std::uint64_t snapshot_frames = 0;
  std::uint32_t snapshot_pages = 0;

  // The log as it was when the generation before this one ended, and how many frames it had then;
  // null unless this process has kept it.
  std::shared_ptr<const LogView> before;
  std::uint64_t frames_before = 0;

  [[nodiscard]] std::uint64_t head() const noexcept { return end - 1; }
  // This one or the one before; null if it is neither. Valid as long as this object.
  [[nodiscard]] const LogView* find_generation(std::uint64_t number) const noexcept {
    if (number == generation) return this;
    return before != nullptr && number == before->generation ? before.get() : nullptr;
  }
};

// A UUID, as text.
[[nodiscard]] std::string text_of(const LogId& id);
// Errors: io if the system gives no random bytes.
[[nodiscard]] LogId random_id();

// Reads the newest image of every page that has changed in frame `from` or later, in falling order
// of the frames.
//
// Threads: thread-compatible.
class NewestPages {
 public:
  NewestPages(LogView view, std::uint64_t from);

  // Appends frames, some at a time; `size_after` means nothing in them. False, and nothing is
  // appended, at the end. Errors: io.
  [[nodiscard]] bool next(std::vector<unsigned char>& frames);

 private:
  void next_of_log(std::vector<unsigned char>& frames);
  void next_of_snapshot(std::vector<unsigned char>& frames);
  void take(const unsigned char* frame, std::vector<unsigned char>& frames);

  const LogView view_;
  const std::uint64_t from_;
  std::vector<bool> seen_;  // By page.
  std::vector<unsigned char> part_;
  std::uint64_t log_left_;  // Frames of the log that are still to be read.
  std::uint64_t snapshot_read_ = 0;
  bool done_ = false;
};

}  // namespace libsql::server::replication

#endif  // LIBSQL_SERVER_REPLICATION_LOG_VIEW_H_
