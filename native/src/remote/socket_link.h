// One WebSocket with Hrana on it: who is who, which request is whose, and what becomes of them when
// the socket ends.
#ifndef LIBSQL_REMOTE_SOCKET_LINK_H_
#define LIBSQL_REMOTE_SOCKET_LINK_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "hrana/codec.h"
#include "remote/socket_answer.h"
#include "remote/socket_exchange.h"
#include "remote/socket_origin.h"
#include "remote/web_socket.h"

namespace libsql::remote {

class SocketLink;

// Who opens links and gives them exchanges.
class SocketLinkOwner {
 public:
  SocketLinkOwner() = default;
  SocketLinkOwner(const SocketLinkOwner&) = delete;
  SocketLinkOwner& operator=(const SocketLinkOwner&) = delete;
  virtual ~SocketLinkOwner() = default;

  virtual void link_opened() = 0;
  // It has no stream any more.
  virtual void link_idle(SocketLink& link) = 0;
  // A stream is among the kept ones (KeptStreams), to be ended when its time is over.
  virtual void stream_kept() = 0;
  // It was not opened. `retry`: another attempt may succeed, after this time at least.
  virtual void link_refused(const Error& error, bool retry, std::chrono::seconds retry_after) = 0;
  virtual void link_lost(const SocketLink& link) = 0;
  // An exchange for another link.
  virtual void start_again(std::shared_ptr<SocketExchange> exchange) = 0;
};

// Threads: thread-bound, to the I/O thread.
class SocketLink : public WebSocketEvents,
                   private hrana::ServerMessages,
                   public std::enable_shared_from_this<SocketLink> {
 public:
  SocketLink(std::shared_ptr<SocketOrigin> origin, std::weak_ptr<SocketLinkOwner> owner);

  void connect(const std::optional<AuthToken>& token);
  [[nodiscard]] bool is_open() const noexcept { return state_ == State::open; }
  [[nodiscard]] std::chrono::steady_clock::time_point opened_at() const noexcept {
    return opened_at_;
  }
  // Streams that somebody uses.
  [[nodiscard]] std::size_t live_streams() const noexcept { return live_.size(); }
  [[nodiscard]] const std::optional<AuthToken>& token() const noexcept { return token_; }
  // Whether a request with this token can go over it: version 1 has one hello only.
  [[nodiscard]] bool serves(const std::optional<AuthToken>& token) const;

  // Sends an exchange. REQUIRES: is_open() and serves(exchange->token).
  void run(const std::shared_ptr<SocketExchange>& exchange);
  // Its answers are not wanted any more, and its stream neither.
  void drop(SocketExchange& exchange);
  void close_stream(std::int32_t id);
  // Ends a stream that was kept and that nobody uses.
  static void end(SocketOrigin& origin, const KeptStream& stream);
  void close_cursor(std::int32_t id);
  // Ends it; nothing may be under way that somebody waits for.
  void close();

 private:
  using Executed = StreamFailure::Executed;
  enum class State : std::uint8_t { connecting, open, closed };
  // A request without an answer.
  struct Pending {
    std::shared_ptr<SocketExchange> exchange;  // Null: nobody waits.
    std::size_t index = 0;                     // Among its messages.
    hrana::RequestType type = hrana::RequestType::execute;
    std::int32_t closes = 0;   // The stream or cursor, for close_stream and close_cursor.
    std::uint64_t number = 0;  // Of the message on this socket.
    std::uint64_t hello = 0;   // Of the hello before it.
  };

  // Without memory they end the process.
  // NOLINTBEGIN(bugprone-exception-escape)
  void opened(std::string_view subprotocol) noexcept override;
  void message(std::string& text, bool binary) noexcept override;
  void closed(const WebSocketFailure& failure, std::size_t unsent) noexcept override;
  // NOLINTEND(bugprone-exception-escape)

  void hello_ok() override;
  void hello_error(const hrana::ErrorView& error) override;
  hrana::Receiver* receiver_of(std::int32_t request_id) override;

  void say_hello(const std::optional<AuthToken>& token);
  void send(std::shared_ptr<const std::string> text);
  // Sends what the server's queue for one stream takes.
  void pump(const std::shared_ptr<SocketExchange>& exchange);
  void send_in_background(const hrana::Request& request, std::int32_t stream_id,
                          std::int32_t closes);
  void decode(std::string& text);
  void on_answered(std::int32_t request_id);
  void on_progress(const std::shared_ptr<SocketExchange>& exchange);
  void release(const Pending& pending);
  void stream_unused(std::int32_t id);
  void keep_stream(const SocketExchange& exchange);
  void fail_socket(const Error& error, std::uint16_t close_code);
  // Ends all that is under way. Messages behind `last_sent` have not left; requests behind hello
  // number `refused_hello` were not run.
  void end(const Error& error, std::uint64_t last_sent, std::uint64_t refused_hello);
  void end_exchange(const std::shared_ptr<SocketExchange>& exchange, const Error& error,
                    bool may_have_run, bool is_refused);

  const std::shared_ptr<SocketOrigin> origin_;
  const std::weak_ptr<SocketLinkOwner> owner_;
  State state_ = State::connecting;
  std::shared_ptr<WebSocket> socket_;
  std::chrono::steady_clock::time_point opened_at_;
  hrana::Subprotocol subprotocol_ = hrana::kDefaultSubprotocol;
  std::unique_ptr<hrana::ClientCodec> codec_;
  std::optional<AuthToken> token_;
  std::uint64_t hellos_sent_ = 0;
  std::uint64_t hellos_answered_ = 0;
  std::uint64_t messages_sent_ = 0;
  std::unordered_map<std::int32_t, Pending> pending_;
  std::unordered_set<std::int32_t> streams_;  // Ids that the server knows.
  std::unordered_set<std::int32_t> cursors_;  // Likewise.
  std::unordered_set<std::int32_t> live_;     // Streams that have not been closed from here.
  // While an answer is decoded:
  SocketAnswer answer_;
  std::optional<std::int32_t> answering_;
  std::optional<Error> hello_error_;
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_SOCKET_LINK_H_
