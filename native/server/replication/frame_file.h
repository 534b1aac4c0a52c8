// A file of log frames behind a block with what is known of them.
#ifndef LIBSQL_SERVER_REPLICATION_FRAME_FILE_H_
#define LIBSQL_SERVER_REPLICATION_FRAME_FILE_H_

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core/wal_checksum.h"
#include "replica/disk.h"
#include "server/replication/log_frame.h"

namespace libsql::server::replication {

using LogId = std::array<unsigned char, 16>;

// How far the write-ahead log has been read. A value type.
struct TapPosition {
  std::array<unsigned char, 8> salt{};
  std::uint32_t frames = 0;
  core::WalChecksum sums;
};

// What a file's size and the time of its last change were. A value type.
struct FileStamp {
  std::uint64_t size = 0;
  std::int64_t time = 0;  // Of the file system, in its own unit.
  [[nodiscard]] bool operator==(const FileStamp&) const = default;
};

// What the first block of a file says. A value type.
struct FrameRecord {
  LogId log_id{};
  std::uint64_t first = 0;       // A log: its first frame's number. A snapshot: its last frame's.
  std::uint64_t count = 0;       // Frames in the file that count.
  std::uint32_t pages = 0;       // Of the database behind the last of them.
  std::uint32_t generation = 1;  // One more with each snapshot behind which the log begins anew.
  std::uint64_t frames_before = 0;  // How many frames the log had before that.
  TapPosition tap;
  FileStamp file;                  // Of the database, while the write-ahead log has no frames.
  std::array<char, 40> boot_id{};  // Of the machine's start in which it was written.
  std::uint32_t closed = 0;        // Everything was brought to the disk.
};

// Errors of all that follows: io, full or cannot_open, with the file's name.
//
// Threads: reading is thread-safe beside one that writes what is not read yet.
class FrameFile {
 public:
  // A new file in the place of one that there may be. It has a name at once, and takes part in
  // nothing until its record is written.
  [[nodiscard]] static std::shared_ptr<FrameFile> create(const std::filesystem::path& path);
  // Null if there is no such file.
  [[nodiscard]] static std::shared_ptr<FrameFile> open(const std::filesystem::path& path);

  // Frames `index` and following, as many as fit. REQUIRES: they were written.
  void read(std::uint64_t index, Bytes frames) const;
  [[nodiscard]] FrameHead read_head(std::uint64_t index) const;
  // A frame's page.
  void read_image(std::uint64_t index, Bytes page) const;
  void write(std::uint64_t index, ConstBytes frames);

  // Nothing if it is no record of this version.
  [[nodiscard]] std::optional<FrameRecord> read_record() const;
  void write_record(const FrameRecord& record);
  // Brings everything to the disk.
  void sync();

 private:
  FrameFile(std::filesystem::path path, int descriptor)
      : path_(std::move(path)), file_(descriptor) {}

  void read_at(std::uint64_t at, Bytes to) const;
  void write_at(std::uint64_t at, ConstBytes from);

  const std::filesystem::path path_;
  const replica::Descriptor file_;
};

}  // namespace libsql::server::replication

#endif  // LIBSQL_SERVER_REPLICATION_FRAME_FILE_H_
