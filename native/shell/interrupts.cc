// Waits for SIGINT on a thread of its own.
#include "shell/interrupts.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "shell/exit_codes.h"

namespace libsql::shell {
namespace {

sigset_t only_sigint() noexcept {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

Interrupts::Interrupts(Idle idle) : idle_(idle) {
  if (pipe(wake_) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  for (const int fd : wake_) {
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, O_NONBLOCK);
  }
  const sigset_t set = only_sigint();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  thread_ = std::thread([this] { watch(); });
}

Interrupts::~Interrupts() {
  stopping_ = true;
  pthread_kill(thread_.native_handle(), SIGINT);
  thread_.join();
  close(wake_[0]);
  close(wake_[1]);
}

void Interrupts::watch() {
  const sigset_t set = only_sigint();
  int signal_number = 0;
  while (sigwait(&set, &signal_number) == 0 && !stopping_) handle();
}

void Interrupts::handle() {
  const std::scoped_lock lock(mutex_);
  if (connection_ != nullptr) {
    requested_ = true;
    connection_->interrupt();
  } else if (idle_ == Idle::end_process) {
    _exit(kInterrupted);
  } else {
    // If the pipe is full, the prompt has been woken already.
    [[maybe_unused]] const auto written = write(wake_[1], "!", 1);
  }
}

void Interrupts::clear_wake() noexcept {
  std::array<char, 64> bytes{};
  while (read(wake_[0], bytes.data(), bytes.size()) > 0) {
  }
}

void Interrupts::exchange(Connection& left, Connection& right) {
  const std::scoped_lock lock(mutex_);
  std::swap(left, right);
}

Connection* Interrupts::watch_work(Connection* connection) {
  const std::scoped_lock lock(mutex_);
  if (connection_ == nullptr) requested_ = false;
  return std::exchange(connection_, connection);
}

Interrupts::Scope::Scope(Interrupts& interrupts, Connection& connection)
    : interrupts_(interrupts), outer_(interrupts.watch_work(&connection)) {}

Interrupts::Scope::~Scope() { interrupts_.watch_work(outer_); }

}  // namespace libsql::shell
