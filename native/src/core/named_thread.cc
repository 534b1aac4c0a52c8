#include "core/named_thread.h"

#include <pthread.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <utility>

namespace libsql::core {

namespace {

using Name = std::array<char, 16>;  // with the zero at its end

void name_this_thread(const Name& name) noexcept {
#if defined(__linux__)
  pthread_setname_np(pthread_self(), name.data());
#else
  static_cast<void>(name);
#endif
}

// Blocks all signals while it lives: a thread that starts meanwhile handles none.
class SignalsBlocked {
 public:
  SignalsBlocked() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

}  // namespace

std::thread start_thread(const char* name, std::function<void()> body) {
  Name cut{};
  static_cast<void>(std::snprintf(cut.data(), cut.size(), "%s", name));
  const SignalsBlocked blocked;
  return std::thread([cut, body = std::move(body)] {
    name_this_thread(cut);
    body();
  });
}

}  // namespace libsql::core
