// Turns Ctrl-C into Connection::interrupt().
#ifndef LIBSQL_SHELL_INTERRUPTS_H_
#define LIBSQL_SHELL_INTERRUPTS_H_

#include <atomic>
#include <mutex>
#include <thread>

#include "libsql/connection.h"

namespace libsql::shell {

// SIGINT is blocked in every thread and a thread of this object waits for it, so that no code runs
// in a signal handler. Construct before any other thread is started.
//
// While work is being done (see Scope) the running statement is interrupted and requested() turns
// true. Otherwise the signal makes wake_fd() readable, which the prompt waits for, or ends the
// process.
//
// Threads: thread-safe.
class Interrupts {
 public:
  enum class Idle { end_process, wake_prompt };

  explicit Interrupts(Idle idle);
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;
  ~Interrupts();

  // Marks work on a connection, which Ctrl-C interrupts. Nested scopes count as one.
  class Scope {
   public:
    Scope(Interrupts& interrupts, Connection& connection);
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope();

   private:
    Interrupts& interrupts_;
    Connection* outer_;
  };

  // Exchanges two connections, of which a Scope may interrupt one.
  void exchange(Connection& left, Connection& right);

  // Ctrl-C was pressed since the outermost Scope began.
  [[nodiscard]] bool requested() const noexcept { return requested_; }
  // Becomes readable when Ctrl-C is pressed outside a Scope.
  [[nodiscard]] int wake_fd() const noexcept { return wake_[0]; }
  // Empties wake_fd().
  void clear_wake() noexcept;

 private:
  void watch();
  void handle();
  Connection* watch_work(Connection* connection);

  const Idle idle_;
  std::atomic<bool> requested_ = false;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  Connection* connection_ = nullptr;  // guarded by mutex_
  int wake_[2] = {-1, -1};
  std::thread thread_;
};

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_INTERRUPTS_H_
