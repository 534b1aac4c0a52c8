// Change events of one table of a server's database: what ends them, and who gets them.
#ifndef LIBSQL_LISTENING_H_
#define LIBSQL_LISTENING_H_

#include <functional>
#include <memory>

#include "libsql/events.h"
#include "libsql/export.h"

namespace libsql {

// Made for one request::Listen; Connection::listen() does both. The handler gets TableChange,
// ChangesLost and ListeningEnded, on a thread of the library's, one at a time: it must return soon
// and not wait for the library. Exceptions are swallowed. It gets nothing before the request has
// been answered.
//
// Threads: thread-safe.
// Lifetime: events end with stop() or with the last owner, not with the connection.
class LIBSQL_API Listening {
 public:
  explicit Listening(EventHandler handler);
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;
  ~Listening();

  // No further event begins; one that is being handled may still be. Returns at once.
  void stop() noexcept;

  // --- For the session ---

  // Does nothing after stop().
  void notify(const Event& event) const noexcept;
  // What stop() calls; at once if that has happened. Must not throw.
  void on_stop(std::function<void()> action);

 private:
  class State;
  const std::unique_ptr<State> state_;
};

}  // namespace libsql

#endif  // LIBSQL_LISTENING_H_
