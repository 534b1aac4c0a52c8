// Memory, failing at the Nth allocation: SQLite's, or C++'s own.
#ifndef LIBSQL_TESTING_FAILING_ALLOCATOR_H_
#define LIBSQL_TESTING_FAILING_ALLOCATOR_H_

#include <cstdint>

namespace libsql::testing {

// Replaces operator new and SQLite's allocator in the whole program, so a test that uses it is a
// program of its own.
//
// Threads: allocations are counted, and fail, on the thread that asked for it.
class FailingAllocator {
 public:
  enum class Memory : std::uint8_t { sqlite, cpp };
  enum class Fault : std::uint8_t { once, from_then_on };

  // Installs itself as SQLite's allocator. No connection may be open.
  static void install();

  // From now on counts allocations; the one with number `n`, counted from 0, fails.
  static void fail_at(int n, Memory memory, Fault fault);
  static void never();
  // The allocation that was to fail has been asked for.
  [[nodiscard]] static bool reached();

  // Pieces of memory in use now, of both kinds.
  [[nodiscard]] static std::int64_t in_use();
};

}  // namespace libsql::testing

#endif  // LIBSQL_TESTING_FAILING_ALLOCATOR_H_
