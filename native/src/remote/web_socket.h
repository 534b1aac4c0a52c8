// One WebSocket to a server (RFC 6455): the way there, the upgrade, whole messages in both
// directions, pings, the end. What the messages mean is not known here.
#ifndef LIBSQL_REMOTE_WEB_SOCKET_H_
#define LIBSQL_REMOTE_WEB_SOCKET_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "remote/connector.h"
#include "remote/url.h"

#include <boost/asio/steady_timer.hpp>

namespace libsql::remote {

struct WebSocketRequest {
  Url server;
  std::string subprotocols;  // Those that are offered, separated by commas.
  std::vector<std::pair<std::string, std::string>> headers;
  std::chrono::steady_clock::time_point deadline;  // Until when it must be open.
};

struct WebSocketOptions {
  std::size_t max_message_bytes = std::size_t{64} << 20;
  // After half of this time without a byte from the server it is pinged, after all of it the
  // connection counts as broken.
  std::chrono::milliseconds idle_time{30'000};
  // How long close() waits for the server's closing frame.
  std::chrono::milliseconds close_time{2'000};
};

struct WebSocketFailure {
  HttpFailure::Reason reason = HttpFailure::Reason::network;
  std::string message;     // Without headers and without messages' contents.
  int status = 0;          // Of an upgrade that was refused.
  std::uint16_t code = 0;  // Of the server's closing frame (RFC 6455, section 7.4).
  std::optional<std::chrono::seconds> retry_after;
};

// Called on the I/O thread. What it throws ends the process.
class WebSocketEvents {
 public:
  WebSocketEvents() = default;
  WebSocketEvents(const WebSocketEvents&) = delete;
  WebSocketEvents& operator=(const WebSocketEvents&) = delete;
  virtual ~WebSocketEvents() = default;

  // `subprotocol`: the server's choice, one of those offered; empty if it has named none.
  virtual void opened(std::string_view subprotocol) noexcept = 0;
  // The text may be changed, and holds until the call returns.
  virtual void message(std::string& text, bool binary) noexcept = 0;
  // The socket is closed, or was never opened; the last event. The last `unsent` of the messages
  // that were given to send() have not left.
  virtual void closed(const WebSocketFailure& failure, std::size_t unsent) noexcept = 0;
};

// Keeps itself alive while something is under way.
//
// Threads: thread-bound, to the I/O thread.
class WebSocket : public std::enable_shared_from_this<WebSocket> {
 public:
  // Lifetime: the environment must outlive it; the events are kept until the last of them.
  WebSocket(const Connector::Environment& environment, const WebSocketOptions& options,
            WebSocketRequest request, std::shared_ptr<WebSocketEvents> events);
  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;
  ~WebSocket();

  void start();
  // REQUIRES: opened() has been called.
  void send(std::shared_ptr<const std::string> message, bool binary);
  // Closes with this code; no event comes any more.
  void close(std::uint16_t code);

 private:
  using Code = boost::system::error_code;
  using Reason = HttpFailure::Reason;
  struct Socket;
  struct Message {
    std::shared_ptr<const std::string> text;
    bool binary;
  };

  void upgrade(std::unique_ptr<HttpConnection> connection);
  void on_upgraded(const Code& error);
  void read();
  void on_read();
  void write();
  void on_written(const Code& error);
  // After an error while reading.
  void fail_io(const Code& error);
  void fail_upgrade(const Code& error);
  void fail(Reason reason, std::string message);
  void fail(const WebSocketFailure& failure);
  [[nodiscard]] bool is_offered(std::string_view subprotocol) const;
  // A handler that does nothing once the last event has been given.
  template <typename Next>
  auto then(Next next);

  const Connector::Environment environment_;
  const WebSocketOptions options_;
  const WebSocketRequest request_;
  std::shared_ptr<WebSocketEvents> events_;  // Null after the last event.
  boost::asio::steady_timer deadline_;       // For opening.
  std::shared_ptr<Connector> connector_;     // Until there is a connection.
  std::unique_ptr<Socket> socket_;           // From then on.
  std::deque<Message> outgoing_;
  bool writing_ = false;  // Messages are taken from outgoing_, one after the other.
  bool begun_ = false;    // The first of them has been given to the wire.
  std::string incoming_;
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_WEB_SOCKET_H_
