// What one call of a stream sends over a WebSocket, and how far its answer has come.
#ifndef LIBSQL_REMOTE_SOCKET_EXCHANGE_H_
#define LIBSQL_REMOTE_SOCKET_EXCHANGE_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hrana/cursor_order.h"
#include "hrana/messages.h"
#include "hrana/subprotocol.h"
#include "libsql/remote_options.h"
#include "remote/kept_streams.h"
#include "remote/socket_origin.h"
#include "remote/socket_stream_state.h"
#include "remote/stream.h"

#include <boost/asio/steady_timer.hpp>

namespace libsql::remote {

struct SocketMessage {
  std::int32_t request_id = 0;
  hrana::RequestType type = hrana::RequestType::execute;
  std::shared_ptr<const std::string> text;
  bool open = false;  // A socket waits for its answer, and then gives the id back.
};

// An error of the server, to be reported later.
struct KeptError {
  std::string message;
  std::optional<std::string> code;
  std::optional<std::string> extended_code;

  explicit KeptError(const hrana::ErrorView& error)
      : message(error.message), code(error.code), extended_code(error.extended_code) {}
  [[nodiscard]] hrana::ErrorView view() const { return {message, code, extended_code}; }
};

// A cursor keeps the order of its entries from one fetch to the next.
class SocketCursor : public hrana::Receiver {
 public:
  explicit SocketCursor(std::int32_t id) : id_(id), order_(*this) {}

  [[nodiscard]] std::int32_t id() const noexcept { return id_; }
  // Whom entries are pushed to, for whom they arrive.
  [[nodiscard]] hrana::Receiver& entries_for(Answer& answer) noexcept {
    answer_ = &answer;
    return order_;
  }
  // The server has sent the last entry, or an error instead.
  [[nodiscard]] bool is_done() const noexcept { return done_; }
  // It could not be opened.
  void refuse(const hrana::ErrorView& error, Answer& answer) {
    done_ = true;
    answer.error(error);
  }

 private:
  void begin(hrana::RequestType /*type*/, std::uint32_t /*steps*/) override {}
  void step_begin(std::uint32_t step, std::span<const hrana::Column> columns) override {
    answer_->step_begin(step, columns);
  }
  bool row(std::span<const ValueView> values) override { return answer_->row(values); }
  void step_end(const hrana::StepEnd& end) override { answer_->step_end(end); }
  void step_error(std::uint32_t step, const hrana::ErrorView& error) override {
    answer_->step_error(step, error);
  }
  void replication_index(std::optional<std::uint64_t> index) override {
    answer_->replication_index(index);
  }
  void fetched(bool done) override;
  void description(const hrana::Description& /*description*/) override {}
  void autocommit(bool /*is_autocommit*/) override {}
  void end() override {}
  void error(const hrana::ErrorView& error) override {
    done_ = true;
    answer_->error(error);
  }

  const std::int32_t id_;
  hrana::CursorOrder order_;
  Answer* answer_ = nullptr;
  bool done_ = false;
};

// Threads: made on the thread of the call, then thread-bound to the I/O thread.
class SocketExchange {
 public:
  struct Spec {
    std::int32_t stream_id = 0;
    bool opens_stream = false;   // Its first message does.
    bool closes_stream = false;  // Its last message does.
    bool keeps_stream = false;   // It leaves the stream as it was, for others.
    bool repeatable = false;
    Deadline deadline;
    std::shared_ptr<SocketCursor> cursor;  // Of a call for rows.
    bool opens_cursor = false;             // One of its messages does.
  };

  // `kept`: a stream that it takes over. On another socket it opens one of the same number.
  SocketExchange(std::shared_ptr<SocketOrigin> origin, std::shared_ptr<SocketStreamState> stream,
                 Spec spec, std::optional<KeptStream> kept, std::shared_ptr<Answer> answer);
  SocketExchange(const SocketExchange&) = delete;
  SocketExchange& operator=(const SocketExchange&) = delete;
  // Gives back the ids that no socket knows, and ends a stream that was taken over in vain.
  ~SocketExchange();

  // Adds a message. Errors: of the encoder; the exchange is of no use then.
  void add(const hrana::Request& request);
  // Encodes the messages anew for what the server speaks. Errors: unsupported, for a request that
  // its version does not have; of the encoder.
  void encode_for(const hrana::Subprotocol& subprotocol);

  [[nodiscard]] const Spec& spec() const noexcept { return spec_; }
  [[nodiscard]] SocketStreamState& stream() const noexcept { return *stream_; }
  [[nodiscard]] std::vector<SocketMessage>& messages() noexcept { return messages_; }

  // --- Of the I/O thread ---
  [[nodiscard]] bool finished() const noexcept { return answer_ == nullptr; }
  [[nodiscard]] Answer& answer() const noexcept { return *answer_; }
  // Ends it, unless it has ended: failure null if all went well.
  void finish(const StreamFailure* failure);
  void fail(const Error& error, StreamFailure::Executed executed);
  // Calls `passed` at the deadline, unless it has finished then.
  void watch_deadline(std::function<void()> passed);
  // It begins on this socket: its stream is opened there, or is open already.
  void start_on(const std::shared_ptr<SocketLink>& link);
  // Until when others may use its stream.
  [[nodiscard]] std::chrono::steady_clock::time_point stream_until() const noexcept {
    return stream_until_;
  }
  // Nothing of it has been sent, as far as the next socket is concerned.
  void rewind() noexcept;
  // The message whose answer comes next is there: every message but the closing one has an answer.
  [[nodiscard]] bool is_answered() const noexcept;

  std::optional<AuthToken> token;
  std::size_t sent = 0;      // Messages given to the socket.
  std::size_t answered = 0;  // Messages that have an answer: the first ones.
  bool delivered = false;    // Something of the answer has been passed on.
  bool failed = false;       // An error was among the answers.
  int attempts = 0;          // Sockets on which it was sent.
  bool repeated = false;     // Sent again although it may have run.
  bool on_socket = false;    // A socket knows its new stream and cursor, and gives their ids back.
  std::optional<KeptError> refused;          // The stream or the cursor could not be opened.
  std::map<std::size_t, std::string> early;  // Answers that came before their turn.

 private:
  const std::shared_ptr<SocketOrigin> origin_;
  const std::shared_ptr<SocketStreamState> stream_;
  const Spec spec_;
  const std::optional<KeptStream> kept_;
  std::chrono::steady_clock::time_point stream_until_;
  hrana::Subprotocol encoded_for_;
  std::shared_ptr<Answer> answer_;  // Null once it has finished.
  std::vector<SocketMessage> messages_;
  std::optional<boost::asio::steady_timer> timer_;
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_SOCKET_EXCHANGE_H_
