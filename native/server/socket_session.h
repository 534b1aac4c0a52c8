// One WebSocket: many streams over one connection.
#ifndef LIBSQL_SERVER_SOCKET_SESSION_H_
#define LIBSQL_SERVER_SOCKET_SESSION_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "hrana/codec.h"
#include "hrana/subprotocol.h"
#include "remote/corked_stream.h"
#include "server/http_reply.h"
#include "server/services.h"
#include "server/socket_streams.h"
#include "server/wire.h"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

namespace libsql::server {

// What a client offers, if it offers something that we speak. `named`: it is to be echoed.
struct ChosenProtocol {
  hrana::Subprotocol protocol;
  bool named;
};
[[nodiscard]] std::optional<ChosenProtocol> offered_protocol(const HttpRequest& request);
// The answer to a client that offers nothing of it.
[[nodiscard]] HttpResponse unsupported_protocol();

// Keeps itself alive until the client has gone.
//
// Threads: thread-bound, to the I/O thread.
class SocketSession final : public Peer,
                            public SocketAnswers,
                            public std::enable_shared_from_this<SocketSession> {
 public:
  SocketSession(Services& services, std::unique_ptr<Wire> wire, const ChosenProtocol& chosen);

  // Answers the request that asks for the upgrade, and goes on.
  void start(const HttpRequest& request);
  void finish() override;
  void shut() noexcept override { disconnected(); }

 private:
  using Code = boost::system::error_code;
  using CloseCode = boost::beast::websocket::close_code;

  void read();
  void finish_if_idle();
  void on_message();
  void on_hello(const hrana::Hello& hello);
  void send(std::string_view message);
  // RFC 6455, section 5.2.
  void append_frame(std::string_view message);
  // Answers nothing more: the close frame follows what has been sent.
  void close(CloseCode code, std::string_view reason);
  void disconnected() noexcept;
  // Reads on, unless too much is under way.
  void read_if_room();
  static void resume(const std::weak_ptr<SocketSession>& session);

  // --- SocketAnswers ---
  void answered(std::string message) override;
  void refused(const RequestRefused& error) override;

  Services& services_;
  const ChosenProtocol chosen_;
  boost::beast::websocket::stream<remote::CorkedStream<Wire>, false>
      socket_;  // Without compression, as in sqld.
  boost::beast::flat_buffer buffer_;
  const std::unique_ptr<hrana::ServerCodec> codec_;  // Encodes alone.
  std::optional<Access> access_;                     // Of the last hello.
  SocketStreams streams_;
  // The session itself while nothing is read: what is under way holds it weakly.
  std::shared_ptr<SocketSession> paused_;
  bool reading_ = false;
  bool flushing_ = false;   // What is collected is sent soon.
  bool finishing_ = false;  // Takes no more requests.
  bool closing_ = false;
  bool closed_ = false;
};

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_SOCKET_SESSION_H_
