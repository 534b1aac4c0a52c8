// Turns of a remote session: one request at a time has its data, others wait; who is asked to stop
// is told.
#ifndef LIBSQL_REMOTE_SESSION_CORE_H_
#define LIBSQL_REMOTE_SESSION_CORE_H_

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "core/mutex.h"
#include "libsql/receiver.h"
#include "libsql/request.h"
#include "remote/kept_request.h"
#include "remote/session_data.h"
#include "remote/stream.h"
#include "remote/wait_alarm.h"
#include "remote/write_observer.h"

namespace libsql::remote {

// Who gets the answer to a request, and within what it runs.
struct Call {
  Receiver* receiver = nullptr;
  std::shared_ptr<Receiver> later;  // What detach() has returned, once it was asked.
  Deadline deadline;
  std::optional<std::uint64_t> transaction;

  // The receiver of an answer that comes later. Errors: unsupported if it cannot wait.
  [[nodiscard]] const std::shared_ptr<Receiver>& wait();
  [[nodiscard]] Receiver& answer_to() const noexcept { return later ? *later : *receiver; }
};

// Threads: thread-safe; data() belongs to whoever has the turn.
class SessionCore : public std::enable_shared_from_this<SessionCore> {
 public:
  // `observer` may be null.
  SessionCore(std::shared_ptr<Transport> transport, std::chrono::milliseconds request_timeout,
              std::shared_ptr<WriteObserver> observer);

  // See core::Session.
  Started start(const Request& request, const Limits& limits, Receiver& receiver)
      LIBSQL_EXCLUDES(mutex_);
  void cancel(const Receiver& receiver) noexcept LIBSQL_EXCLUDES(mutex_);
  void interrupt() noexcept LIBSQL_EXCLUDES(mutex_);
  void close() noexcept LIBSQL_EXCLUDES(mutex_);
  [[nodiscard]] bool is_open() const noexcept LIBSQL_EXCLUDES(mutex_);
  [[nodiscard]] SessionState state() const LIBSQL_EXCLUDES(mutex_);
  [[nodiscard]] bool read_only() const LIBSQL_EXCLUDES(mutex_);
  void set_deadline(std::optional<Deadline> deadline) LIBSQL_EXCLUDES(mutex_);
  [[nodiscard]] std::optional<int> protocol_version() const { return data_.transport().version(); }

  // --- For who has the turn ---

  [[nodiscard]] SessionData& data() noexcept { return data_; }
  // Sends something on a stream for the receiver of this call. The answer may end the request, and
  // with it the session, before this returns. Errors: what `send` throws; interrupted or closed,
  // if that was asked for meanwhile.
  // The same for what is no stream.
  template <typename Under, typename Send>
  void send(const Call& call, const std::shared_ptr<Under>& stream, Send&& send) {
    const std::shared_ptr<SessionCore> self = shared_from_this();
    // `stream` may be a member of what ends.
    // NOLINTNEXTLINE(performance-unnecessary-copy-initialization)
    const std::shared_ptr<Under> kept = stream;
    sending(call, *kept);
    send(*kept);
    sent();
  }
  // The answer to what was sent has come.
  void answered() LIBSQL_EXCLUDES(mutex_);
  // Runs a request with the turn of the one before it, of which it is a part.
  void run_on(const Request& request, Call call);
  // The request has ended: tells the receiver, and gives the turn to the next; where something has
  // been committed, when the observer of writes lets it.
  void end_turn(const std::shared_ptr<Receiver>& receiver, const Error* error) noexcept
      LIBSQL_EXCLUDES(mutex_);

 private:
  struct Waiting {
    std::unique_ptr<KeptRequest> request;
    Call call;
  };
  enum class Stop : std::uint8_t { none, interrupted, closed };

  [[nodiscard]] Started keep(const Request& request, Call call, Receiver& receiver)
      LIBSQL_EXCLUDES(mutex_);
  // Runs a request that has the turn. False: its answer comes later.
  bool run(const Request& request, Call& call) noexcept;
  void finish(Receiver& receiver, const Error* error) noexcept LIBSQL_EXCLUDES(mutex_);
  void run_waiting() noexcept LIBSQL_EXCLUDES(mutex_);
  // Fails what waits beyond its deadline; the earliest deadline of the others.
  std::optional<Deadline> end_late() noexcept LIBSQL_EXCLUDES(mutex_);
  [[nodiscard]] std::shared_ptr<WaitAlarm> make_alarm();
  void stop(Stop why) noexcept LIBSQL_EXCLUDES(mutex_);
  void sending(const Call& call, Cancellable& stream) LIBSQL_EXCLUDES(mutex_);
  void sent() LIBSQL_EXCLUDES(mutex_);
  [[nodiscard]] Deadline deadline_of(const Limits& limits) const LIBSQL_REQUIRES(mutex_);

  const std::chrono::milliseconds request_timeout_;
  const std::shared_ptr<WriteObserver> observer_;
  SessionData data_;  // Of the turn.

  mutable core::Mutex mutex_;
  bool open_ LIBSQL_GUARDED_BY(mutex_) = true;
  bool busy_ LIBSQL_GUARDED_BY(mutex_) = false;  // Somebody has the turn.
  Stop stop_ LIBSQL_GUARDED_BY(mutex_) = Stop::none;
  Cancellable* stream_ LIBSQL_GUARDED_BY(mutex_) = nullptr;  // On which something is under way.
  const Receiver* running_ LIBSQL_GUARDED_BY(mutex_) = nullptr;
  Deadline running_until_ LIBSQL_GUARDED_BY(mutex_);
  std::deque<Waiting> waiting_ LIBSQL_GUARDED_BY(mutex_);
  std::shared_ptr<WaitAlarm> alarm_ LIBSQL_GUARDED_BY(mutex_);  // For their deadlines.
  std::optional<Deadline> deadline_ LIBSQL_GUARDED_BY(mutex_);
  SessionState state_ LIBSQL_GUARDED_BY(mutex_);
  bool read_only_ LIBSQL_GUARDED_BY(mutex_) = false;
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_SESSION_CORE_H_
