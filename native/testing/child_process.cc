// Runs a function in another OS process.
#include "testing/child_process.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <exception>
#include <stdexcept>

namespace libsql::testing {
namespace {

// The child never returns into the test program.
[[noreturn]] void run_child(const std::function<void(const Reports&)>& body, int descriptor) {
  int status = 0;
  try {
    body(Reports(descriptor));
  } catch (const std::exception&) {
    status = 1;
  }
  _exit(status);
}

}  // namespace

void Reports::send(int number) const {
  if (write(descriptor_, &number, sizeof number) != sizeof number) _exit(2);
}

ChildProcess::ChildProcess(const std::function<void(const Reports&)>& body) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) throw std::runtime_error("pipe failed");
  process_ = fork();
  if (process_ < 0) throw std::runtime_error("fork failed");
  if (process_ == 0) {
    close(ends[0]);
    run_child(body, ends[1]);
  }
  close(ends[1]);
  descriptor_ = ends[0];
}

ChildProcess::~ChildProcess() {
  kill();
  close(descriptor_);
}

std::optional<int> ChildProcess::receive() const {
  int number = 0;
  const ssize_t size = read(descriptor_, &number, sizeof number);
  return size == sizeof number ? std::optional<int>(number) : std::nullopt;
}

void ChildProcess::kill() {
  if (process_ < 0) return;
  ::kill(process_, SIGKILL);
  static_cast<void>(join());
}

bool ChildProcess::join() {
  if (process_ < 0) return false;
  int status = 0;
  const bool collected = waitpid(process_, &status, 0) == process_;
  process_ = -1;
  return collected && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace libsql::testing
