// How often this process reads from files through SQLite's unix VFS.
// Source: sqlite.org/c3ref/vfs.html (xSetSystemCall)
#ifndef LIBSQL_TESTING_READ_CALLS_H_
#define LIBSQL_TESTING_READ_CALLS_H_

namespace libsql::testing {

// Counts while it lives; one at a time, and only while one thread uses SQLite.
class ReadCalls {
 public:
  ReadCalls();
  ReadCalls(const ReadCalls&) = delete;
  ReadCalls& operator=(const ReadCalls&) = delete;
  ~ReadCalls();

  // The calls since the last one of this function.
  [[nodiscard]] int take();
};

}  // namespace libsql::testing

#endif  // LIBSQL_TESTING_READ_CALLS_H_
