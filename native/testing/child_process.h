// A function that runs in another OS process.
#ifndef LIBSQL_TESTING_CHILD_PROCESS_H_
#define LIBSQL_TESTING_CHILD_PROCESS_H_

#include <sys/types.h>

#include <functional>
#include <optional>

namespace libsql::testing {

// The child's end of the pipe: sends numbers to the parent.
class Reports {
 public:
  explicit Reports(int descriptor) : descriptor_(descriptor) {}
  void send(int number) const;

 private:
  int descriptor_;
};

// Starts at once. Must be created while this process has one thread only. The child must not use
// objects of its parent that hold a database. The destructor kills and collects it.
class ChildProcess {
 public:
  explicit ChildProcess(const std::function<void(const Reports&)>& body);
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  // The next number; empty when the child has ended and all its reports are read.
  [[nodiscard]] std::optional<int> receive() const;
  // kill -9, and waits for the end.
  void kill();
  // Waits for the end. True if the body returned, false if it threw or the child was killed.
  [[nodiscard]] bool join();

 private:
  pid_t process_ = -1;
  int descriptor_ = -1;
};

}  // namespace libsql::testing

#endif  // LIBSQL_TESTING_CHILD_PROCESS_H_
