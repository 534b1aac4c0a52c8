// Files next to the database, apart from SQLite: whole small files, their names and identities.
//
// Never used on the database or its -shm file while SQLite has them open: closing any descriptor of
// a file drops all POSIX locks that the process has on it.
#ifndef LIBSQL_REPLICA_DISK_H_
#define LIBSQL_REPLICA_DISK_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace libsql::replica {

// Errors of all that follows: io, full or cannot_open, with the file's name.

// A descriptor that is closed with its owner.
class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();
  [[nodiscard]] int get() const noexcept { return number_; }

 private:
  int number_;
};

// Throws the error of the last system call, `errno`.
[[noreturn]] void throw_system_error(std::string_view what, const std::filesystem::path& file);

// Nothing if there is no such file.
[[nodiscard]] std::optional<std::string> read_small_file(const std::filesystem::path& file);
// Replaces a file as a whole: after a crash it is the old or the new one. On the disk at return.
void replace_file(const std::filesystem::path& file, std::string_view bytes);
// Brings the names in a folder to the disk.
void sync_folder(const std::filesystem::path& folder);
// Brings the content of a file to the disk.
void sync_file(const std::filesystem::path& file);
// The folder of a file, "." if its name has none.
[[nodiscard]] std::filesystem::path folder_of(const std::filesystem::path& file);

// What stays the same while a file is renamed, and changes when it is copied or made anew. Not the
// device, whose number may change with each start of the machine. A value type.
struct FileIdentity {
  std::uint64_t inode = 0;
  std::uint64_t born = 0;  // in nanoseconds; 0 where the file system does not know
  std::uint64_t size = 0;

  [[nodiscard]] bool same_file(const FileIdentity& other) const noexcept {
    return inode == other.inode && born == other.born;
  }
};
// Nothing if there is no such file.
[[nodiscard]] std::optional<FileIdentity> identity_of(const std::filesystem::path& file);

// Names the time since the machine was started: what was written before may be lost, what was
// written since is not. Empty where the system has no such name.
[[nodiscard]] std::string boot_id();

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_DISK_H_
