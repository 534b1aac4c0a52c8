// A request of a pull that is sent as soon as somebody wants the pull, while the replicator's
// thread wakes up and takes its turn.
#ifndef LIBSQL_REPLICA_REQUEST_AHEAD_H_
#define LIBSQL_REPLICA_REQUEST_AHEAD_H_

#include <memory>
#include <optional>

#include "core/mutex.h"
#include "remote/download.h"

namespace libsql::replica {

// Threads: thread-safe.
class RequestAhead {
 public:
  using Origin = std::shared_ptr<remote::HttpOrigin>;
  using Sent = std::unique_ptr<remote::Download>;

  // `patience` outlives it.
  explicit RequestAhead(const remote::Patience& patience) : patience_(patience) {}

  // What the next pull will ask for, and whom. Drops what has been sent and not taken.
  void expect(Origin origin, remote::Download::Request request) LIBSQL_EXCLUDES(mutex_);
  void forget() noexcept LIBSQL_EXCLUDES(mutex_);
  // Sends what is expected, unless that has been done, or a function has to be asked for the token
  // first. Never waits. What goes wrong the pull will meet itself.
  void send() noexcept LIBSQL_EXCLUDES(mutex_);
  // The request, if it is this one and has been sent. Nothing is expected any more.
  [[nodiscard]] Sent take(const Origin& origin, const remote::Download::Request& request)
      LIBSQL_EXCLUDES(mutex_);

 private:
  struct Expected {
    Origin origin;
    remote::Download::Request request;
    Sent sent;
  };

  const remote::Patience& patience_;
  core::Mutex mutex_;
  std::optional<Expected> expected_ LIBSQL_GUARDED_BY(mutex_);
};

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_REQUEST_AHEAD_H_
