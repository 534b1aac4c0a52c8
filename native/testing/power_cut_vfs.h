// A VFS that can write the files as a power cut would leave them: all that was synced, and any part
// of the rest.
#ifndef LIBSQL_TESTING_POWER_CUT_VFS_H_
#define LIBSQL_TESTING_POWER_CUT_VFS_H_

#include <cstdint>
#include <functional>
#include <string>

namespace libsql::testing {

// What is assumed of the disk: a sync brings a file to it, its name included; of the writes since,
// any sector may be there or not, in whatever order they were made; a file that is removed may come
// back until its folder is synced; a sector is old or new, never a mixture.
// Source: sqlite.org/atomiccommit.html, "Hardware Assumptions".
//
// Threads: thread-compatible; one run at a time.
class PowerCutVfs {
 public:
  // The location of a database that is reached through this VFS.
  [[nodiscard]] static std::string location(const std::string& path);

  // From now on `callback` is called before each call that changes the disk. It must not throw.
  static void on_change(std::function<void()> callback);
  // Forgets all files and the callback.
  static void forget();
  // Writes the database at `path`, with its journals, to the path `copy`, as it could be found
  // after a power cut now. Each `seed` loses other writes.
  static void survivors(const std::string& path, const std::string& copy, std::uint64_t seed);
};

}  // namespace libsql::testing

#endif  // LIBSQL_TESTING_POWER_CUT_VFS_H_
