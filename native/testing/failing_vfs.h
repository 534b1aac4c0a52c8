// A VFS over the operating system's in which one call of a run fails.
#ifndef LIBSQL_TESTING_FAILING_VFS_H_
#define LIBSQL_TESTING_FAILING_VFS_H_

#include <string>

namespace libsql::testing {

// Threads: thread-compatible; one run at a time.
class FailingVfs {
 public:
  enum class Fault {
    io_error,    // Counts open, read, write, truncate, sync, size, delete, access, shared memory.
    disk_full,   // Counts the calls that make a file larger.
    lock_error,  // Counts locks of files and of the shared memory of a write-ahead log.
  };

  // The location of a database that is reached through this VFS.
  [[nodiscard]] static std::string location(const std::string& path);

  // From now on counts the calls of this fault; the one with number `n`, counted from 0, fails.
  static void fail_at(int n, Fault fault = Fault::io_error);
  static void never();
  // The call that was to fail has been made.
  [[nodiscard]] static bool reached();
  // Files that are open through this VFS now.
  [[nodiscard]] static int open_files();
};

}  // namespace libsql::testing

#endif  // LIBSQL_TESTING_FAILING_VFS_H_
