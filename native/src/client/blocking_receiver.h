// Waits for the answer to a request: the synchronous calls of the public classes. Internal to
// client/.
#ifndef LIBSQL_CLIENT_BLOCKING_RECEIVER_H_
#define LIBSQL_CLIENT_BLOCKING_RECEIVER_H_

#include <memory>
#include <optional>

#include "core/mutex.h"
#include "core/session.h"
#include "libsql/receiver.h"

namespace libsql::client {

// Needs no memory of its own, so that a transaction can be ended without any. It outlives the
// request, because run() waits for the end, which is the last that a session tells.
//
// Threads: finished() on any thread, the rest on the caller's.
class BlockingReceiver : public Receiver {
 public:
  void finished(const Error* error, const SessionState& state) noexcept override
      LIBSQL_EXCLUDES(mutex_);
  [[nodiscard]] std::shared_ptr<Receiver> detach() override {
    return {std::shared_ptr<void>(), this};
  }

  // Starts the request and waits for its end. Errors: the request's.
  SessionState run(core::Session& session, const Request& request) LIBSQL_EXCLUDES(mutex_);

 private:
  core::Mutex mutex_;
  core::CondVar ended_;
  bool has_ended_ LIBSQL_GUARDED_BY(mutex_) = false;
  // Written before `has_ended_` is set, read afterwards.
  std::optional<Error> error_;
  SessionState state_;
};

// Runs a request without results.
SessionState run(core::Session& session, const Request& request);

// What only a session with a file of its own has. Errors: unsupported for any other.
[[nodiscard]] core::LocalControl& local_control(core::Session& session);

}  // namespace libsql::client

#endif  // LIBSQL_CLIENT_BLOCKING_RECEIVER_H_
