// A server that is reached over WebSockets: its URL, its token, what was learnt about it.
#ifndef LIBSQL_REMOTE_SOCKET_ORIGIN_H_
#define LIBSQL_REMOTE_SOCKET_ORIGIN_H_

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "hrana/codec.h"
#include "hrana/subprotocol.h"
#include "libsql/remote_options.h"
#include "remote/backoff.h"
#include "remote/http_client.h"
#include "remote/io_thread.h"
#include "remote/kept_streams.h"
#include "remote/proxy.h"
#include "remote/socket_ids.h"
#include "remote/url.h"
#include "remote/web_socket.h"

#include <boost/asio/ssl/context.hpp>

namespace libsql::remote {

// What the transport takes from outside, so that tests can put doubles there.
struct SocketEnvironment {
  IoThread& io;
  // Of make_tls_context(), which takes long: shared. Null for servers without TLS.
  std::shared_ptr<boost::asio::ssl::context> tls;
  ProxySettings proxies;
  std::function<double()> draw;  // Random numbers in [0, 1), asked on the I/O thread.
  Backoff::Options backoff;
  WebSocketOptions socket;
  // A socket without streams is closed when it is this old, so that servers which were added behind
  // the same name are found, and proxies' limits are not met.
  std::chrono::milliseconds longest_age{60'000};
  // For what WebSockets do not carry; asked when that is first wanted.
  std::function<std::shared_ptr<HttpClient>()> http_client = {};
};

// Threads: thread-safe, unless stated otherwise.
class SocketOrigin {
 public:
  // Errors: of check_headers().
  SocketOrigin(Url url, const RemoteOptions& options, SocketEnvironment environment);

  [[nodiscard]] const Url& url() const noexcept { return url_; }
  [[nodiscard]] const SocketEnvironment& environment() const noexcept { return environment_; }
  [[nodiscard]] boost::asio::io_context& context() const noexcept {
    return environment_.io.context();
  }
  [[nodiscard]] std::chrono::milliseconds connect_timeout() const noexcept {
    return options_.connect_timeout;
  }
  // How the way to the server begins. Of the I/O thread.
  [[nodiscard]] const Connector::Environment& way() const noexcept { return way_; }

  // What the server speaks; before it is known, the newest that is offered.
  [[nodiscard]] const hrana::Subprotocol& subprotocol() const noexcept { return *subprotocol_; }
  [[nodiscard]] std::optional<int> version() const noexcept;
  void set_subprotocol(const hrana::Subprotocol& subprotocol);

  // The token comes from a function, perhaps later.
  [[nodiscard]] bool asks_for_token() const noexcept {
    return std::holds_alternative<TokenFunction>(options_.auth_token);
  }
  // The token, if there is one. REQUIRES: not asks_for_token().
  [[nodiscard]] std::optional<AuthToken> token() const;
  // Asks for the token; `taker` is called once, on any thread. REQUIRES: asks_for_token().
  void ask_token(TokenAnswer::Taker taker) const;
  // For a new socket. The token stands in a header too, for what is in between: servers read the
  // one in the message hello.
  [[nodiscard]] WebSocketRequest request(const std::optional<AuthToken>& token) const;

  SocketIds& requests() noexcept { return requests_; }
  SocketIds& streams() noexcept { return streams_; }
  SocketIds& cursors() noexcept { return cursors_; }
  KeptStreams& kept_streams() noexcept { return kept_streams_; }

 private:
  const Url url_;
  const RemoteOptions options_;
  const SocketEnvironment environment_;
  const std::string offered_;
  const std::shared_ptr<boost::asio::ssl::context> tls_;
  const Connector::Environment way_;
  std::atomic<const hrana::Subprotocol*> subprotocol_;  // Of a table without an end.
  std::atomic<bool> known_{false};
  SocketIds requests_;
  SocketIds streams_;
  SocketIds cursors_;
  KeptStreams kept_streams_;
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_SOCKET_ORIGIN_H_
