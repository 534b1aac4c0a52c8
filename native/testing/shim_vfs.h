// A VFS that forwards to the operating system's, for doubles that record calls or fail them.
#ifndef LIBSQL_TESTING_SHIM_VFS_H_
#define LIBSQL_TESTING_SHIM_VFS_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace libsql::testing {

// One call of SQLite to its operating system.
struct VfsCall {
  enum class Op : std::uint8_t {
    open,
    read,
    write,
    truncate,
    sync,
    size,
    remove,
    access,
    lock,
    shm_map,
    shm_lock,
  };
  Op op;
  // The full path of the file; empty for a temporary one.
  std::string_view path;
  // For read, write and truncate (the new size).
  std::int64_t offset = 0;
  // What is written.
  std::string_view bytes = {};
  // The call makes the file larger, or may (write, shm_map).
  bool grows = false;
  // `remove`: the folder must be on the disk too before the call returns.
  bool sync_folder = false;
};

// Called at each call, except unlocking and closing, which must always succeed.
class VfsHook {
 public:
  VfsHook() = default;
  VfsHook(const VfsHook&) = delete;
  VfsHook& operator=(const VfsHook&) = delete;
  virtual ~VfsHook() = default;

  // A code other than SQLITE_OK fails the call with that code.
  virtual int before(const VfsCall& call) = 0;
  // The call has succeeded.
  virtual void after(const VfsCall& call) = 0;
};

// Registers a VFS of this name, once and for the life of the process.
// Threads: thread-compatible.
class ShimVfs {
 public:
  ShimVfs(const char* name, VfsHook& hook);
  // The location of a database that is reached through this VFS.
  [[nodiscard]] std::string location(const std::string& path) const;
  // Files that are open through this VFS now.
  [[nodiscard]] int open_files() const;

 private:
  const char* name_;
};

}  // namespace libsql::testing

#endif  // LIBSQL_TESTING_SHIM_VFS_H_
