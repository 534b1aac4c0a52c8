// Calls a receiver and keeps what it throws, which ends the request.
#ifndef LIBSQL_REMOTE_GUARDED_RECEIVER_H_
#define LIBSQL_REMOTE_GUARDED_RECEIVER_H_

#include <optional>

#include "libsql/error.h"
#include "libsql/receiver.h"

namespace libsql::remote {

// The failure that is being handled.
[[nodiscard]] Error current_failure();

// Threads: thread-compatible.
class GuardedReceiver {
 public:
  explicit GuardedReceiver(Receiver& receiver) noexcept : receiver_(receiver) {}

  // Nothing more is told after the first failure.
  template <typename Use>
  void tell(Use&& use) noexcept {
    if (failure_) return;
    try {
      use(receiver_);
    } catch (...) {
      failure_ = current_failure();
    }
  }
  [[nodiscard]] const std::optional<Error>& failure() const noexcept { return failure_; }

 private:
  Receiver& receiver_;
  std::optional<Error> failure_;
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_GUARDED_RECEIVER_H_
