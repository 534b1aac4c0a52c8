// One stream of a server (one SQL connection there, which owns a transaction), whatever the
// transport: the seam between the remote session and HTTP or WebSockets.
//
// A stream is opened by the first thing that is sent on it and costs no round trip of its own. One
// thing is under way on a stream at a time: the next one is sent when the answer has finished, from
// within its finished() or later.
#ifndef LIBSQL_REMOTE_STREAM_H_
#define LIBSQL_REMOTE_STREAM_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "hrana/messages.h"
#include "hrana/receiver.h"
#include "libsql/error.h"

#include <boost/asio/io_context.hpp>

namespace libsql::remote {

class HttpOrigin;

using Deadline = std::chrono::steady_clock::time_point;

// Why an answer did not come, or not whole. The stream is gone then, and a transaction on it is
// rolled back, now or when the server misses the client.
struct StreamFailure {
  enum class Executed : std::uint8_t {
    no,       // Nothing of it has run.
    unknown,  // All, some or nothing of it has run.
  };
  Executed executed = Executed::unknown;
  // To be reported: kind, message, recovery(), except for what only the session knows
  // (`outcome_unknown` is set where `executed` is unknown and the exchange was not `repeatable`;
  // `transaction_lost` is not set). Never a token.
  Error error;
};

// Gets the answer to what was sent, on the I/O thread: the events of hrana::Receiver, those of all
// requests in the order of the requests, then finished(). None of the calls throws, and none comes
// within the call that sends. No mutex of the transport is held meanwhile.
//
// autocommit() may be missing: a server of version 2 is not asked (version()).
class Answer : public hrana::Receiver {
 public:
  // Once, last. `failure` is null if every request was answered, be it with an error. `open`: the
  // server keeps the stream, and with it transaction and settings; what is sent next goes there.
  virtual void finished(const StreamFailure* failure, bool open) noexcept = 0;
};

// Requests for one round trip.
struct Exchange {
  // Borrowed: send() encodes them before it returns. Neither open_stream nor close_stream, nor
  // those of cursors.
  std::span<const hrana::Request> requests;
  Deadline deadline;
  // The stream ends with it.
  bool close = false;
  // Running it twice does no harm: it only reads, or begins a transaction that it does not end. It
  // may then be sent again where it is not known whether it has run, on a stream that was new.
  bool repeatable = false;
  // With `close`: nothing of it stays on the stream (no setting, temporary table, counter), which
  // may serve others after it.
  bool leaves_nothing = false;
};

// Something under way that a session gives up.
class Cancellable {
 public:
  Cancellable() = default;
  Cancellable(const Cancellable&) = delete;
  Cancellable& operator=(const Cancellable&) = delete;
  virtual ~Cancellable() = default;

  // What is under way finishes as ErrorKind::interrupted. Returns at once; does nothing if nothing
  // is under way.
  virtual void cancel() noexcept = 0;
};

// Threads: thread-safe. Whatever is destroyed or cancelled while it is under way may finish after
// the call, on the I/O thread; the answer is kept alive until then.
class Stream : public Cancellable {
 public:
  // The destructor closes the stream at the server, in the background; what is under way is
  // cancelled, as by cancel(), after which the stream is lost.

  // Returns at once. Errors: libsql::Error for a value that cannot be encoded; nothing is sent, and
  // the stream is as before. Every other failure goes to the answer.
  virtual void send(const Exchange& exchange, std::shared_ptr<Answer> answer) = 0;

  // Runs a batch of statements and gives its first rows: the events of cursor entries, at most
  // `max_rows` of them rows, then fetched(), then finished(). Nothing else can be sent until the
  // cursor is done (fetched(true)) or closed. `repeatable` as above. A server without cursors gives
  // all rows at once. Errors: as for send().
  struct Cursor {
    const hrana::Batch& batch;  // Borrowed, as above.
    std::uint32_t max_rows;     // At least 1.
    Deadline deadline;
    bool repeatable = false;
    // Nothing else is sent on the stream: it may end with the rows where the server has no cursors.
    bool ends_stream = false;
  };
  virtual void open_cursor(const Cursor& cursor, std::shared_ptr<Answer> answer) = 0;
  // The next rows. Between two fetches the transport reads no more than a bounded number of bytes
  // ahead. REQUIRES: the cursor is open and nothing is under way.
  virtual void fetch(std::uint32_t max_rows, Deadline deadline, std::shared_ptr<Answer> answer) = 0;
  // Ends the cursor in the background; the stream stays open where the transport can do that. What
  // is sent next waits for it. Does nothing without a cursor.
  virtual void close_cursor() noexcept = 0;
};

// What streams of one server and one token are made of: connections, and what was learnt about the
// server.
//
// Threads: thread-safe.
// Lifetime: streams keep what they need of it.
class Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;

  // Sends nothing.
  [[nodiscard]] virtual std::unique_ptr<Stream> open_stream() = 0;
  // What runs on the I/O thread, where answers come.
  [[nodiscard]] virtual boost::asio::io_context& context() const noexcept = 0;
  // The same server over HTTP, for what streams do not carry.
  [[nodiscard]] virtual std::shared_ptr<HttpOrigin> http() = 0;
  // The version of the protocol that the server speaks: 1 to 3, or nothing before its first answer.
  // Until then requests are encoded for version 3; where it turns out that the server has none, the
  // transport sends them again without get_autocommit and with `not is_autocommit` taken for true.
  [[nodiscard]] virtual std::optional<int> version() const noexcept = 0;
  // False: it is known that each exchange has to end its stream (streamless.h). Others are refused
  // as unsupported, as are descriptions.
  [[nodiscard]] virtual bool has_streams() const noexcept { return true; }
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_STREAM_H_
