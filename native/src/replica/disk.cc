#include "replica/disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "libsql/error.h"

namespace libsql::replica {

namespace {

constexpr mode_t kMode = 0644;

ErrorKind kind_of_errno(int number) {
  switch (number) {
    case ENOSPC:
    case EDQUOT:
      return ErrorKind::full;
    case EACCES:
    case EPERM:
    case ENOENT:
    case ENOTDIR:
    case EROFS:
    case EISDIR:
      return ErrorKind::cannot_open;
    default:
      return ErrorKind::io;
  }
}

void require(bool succeeded, std::string_view what, const std::filesystem::path& file) {
  if (!succeeded) throw_system_error(what, file);
}

void write_all(int descriptor, std::string_view bytes, const std::filesystem::path& file) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    require(written >= 0, "write", file);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void sync_path(const std::filesystem::path& path, int flags) {
  const Descriptor file(::open(path.c_str(), flags | O_CLOEXEC));
  require(file.get() >= 0, "open", path);
  require(::fsync(file.get()) == 0, "sync", path);
}

}  // namespace

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

void throw_system_error(std::string_view what, const std::filesystem::path& file) {
  const int number = errno;
  throw Error(kind_of_errno(number), std::string("cannot ")
                                         .append(what)
                                         .append(" ")
                                         .append(file.string())
                                         .append(": ")
                                         .append(std::generic_category().message(number)));
}

std::optional<std::string> read_small_file(const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0 && errno == ENOENT) return std::nullopt;
  require(file.get() >= 0, "open", path);
  std::string bytes;
  std::array<char, 4096> part{};
  for (;;) {
    const ssize_t count = ::read(file.get(), part.data(), part.size());
    if (count < 0 && errno == EINTR) continue;
    require(count >= 0, "read", path);
    if (count == 0) return bytes;
    bytes.append(part.data(), static_cast<std::size_t>(count));
  }
}

void replace_file(const std::filesystem::path& path, std::string_view bytes) {
  const std::filesystem::path next = path.string() + ".new";
  {
    const Descriptor file(::open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kMode));
    require(file.get() >= 0, "create", next);
    write_all(file.get(), bytes, next);
    require(::fsync(file.get()) == 0, "sync", next);
  }
  require(::rename(next.c_str(), path.c_str()) == 0, "replace", path);
  sync_folder(folder_of(path));
}

void sync_folder(const std::filesystem::path& folder) { sync_path(folder, O_RDONLY | O_DIRECTORY); }
void sync_file(const std::filesystem::path& file) { sync_path(file, O_RDWR); }

std::filesystem::path folder_of(const std::filesystem::path& file) {
  const std::filesystem::path folder = file.parent_path();
  return folder.empty() ? std::filesystem::path(".") : folder;
}

std::optional<FileIdentity> identity_of(const std::filesystem::path& file) {
  constexpr std::uint64_t kNanoseconds = 1'000'000'000;
#if defined(__linux__)
  struct statx info {};
  if (statx(AT_FDCWD, file.c_str(), 0, STATX_INO | STATX_SIZE | STATX_BTIME, &info) != 0) {
    if (errno == ENOENT) return std::nullopt;
    throw_system_error("look at", file);
  }
  const bool knows = (info.stx_mask & STATX_BTIME) != 0;
  const std::uint64_t born =
      knows ? static_cast<std::uint64_t>(info.stx_btime.tv_sec) * kNanoseconds +
                  info.stx_btime.tv_nsec
            : 0;
  return FileIdentity{info.stx_ino, born, info.stx_size};
#else
  struct stat info {};
  if (stat(file.c_str(), &info) != 0) {
    if (errno == ENOENT) return std::nullopt;
    throw_system_error("look at", file);
  }
  std::uint64_t born = 0;
#if defined(__APPLE__)
  born = static_cast<std::uint64_t>(info.st_birthtimespec.tv_sec) * kNanoseconds +
         static_cast<std::uint64_t>(info.st_birthtimespec.tv_nsec);
#endif
  return FileIdentity{static_cast<std::uint64_t>(info.st_ino), born,
                      static_cast<std::uint64_t>(info.st_size)};
#endif
}

std::string boot_id() {
#if defined(__linux__)
  std::string id = read_small_file("/proc/sys/kernel/random/boot_id").value_or("");
  while (!id.empty() && id.back() == '\n') id.pop_back();
  return id;
#else
  return {};
#endif
}

}  // namespace libsql::replica
