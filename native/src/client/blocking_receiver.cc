#include "client/blocking_receiver.h"

#include "libsql/error.h"

namespace libsql::client {

void BlockingReceiver::finished(const Error* error, const SessionState& state) noexcept {
  if (error != nullptr) error_ = *error;
  state_ = state;
  const core::MutexLock lock(mutex_);
  has_ended_ = true;
  ended_.notify_all();
}

SessionState BlockingReceiver::run(core::Session& session, const Request& request) {
  session.start(request, {}, *this);
  {
    core::MutexLock lock(mutex_);
    while (!has_ended_) ended_.wait(lock);
  }
  if (error_) throw Error(*error_);
  return state_;
}

SessionState run(core::Session& session, const Request& request) {
  return BlockingReceiver().run(session, request);
}

core::LocalControl& local_control(core::Session& session) {
  core::LocalControl* const local = session.local();
  if (local == nullptr) {
    throw Error(ErrorKind::unsupported, "only a connection to a local database can do this");
  }
  return *local;
}

}  // namespace libsql::client
