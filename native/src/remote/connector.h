// The way to a server: its name, TCP, a proxy where there is one, TLS.
#ifndef LIBSQL_REMOTE_CONNECTOR_H_
#define LIBSQL_REMOTE_CONNECTOR_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "remote/http.h"
#include "remote/http_connection.h"
#include "remote/proxy.h"
#include "remote/resolver.h"

#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>

namespace libsql::remote {

// One attempt. It has no deadline of its own: its owner cancels it.
//
// Through a proxy, TLS and WebSockets get a tunnel (CONNECT; RFC 9110, section 9.3.6), and HTTP
// without TLS a connection to the proxy, which wants the absolute form of the target
// (HttpConnection::proxy()).
//
// Threads: thread-bound, to the I/O thread.
class Connector : public std::enable_shared_from_this<Connector> {
 public:
  struct Environment {
    boost::asio::io_context& context;
    boost::asio::ssl::context& tls;
    Resolver& resolver;
    const ProxySettings& proxies;
  };
  struct Failure {
    HttpFailure::Reason reason;
    std::string message;  // Without credentials.
  };
  // A connection, or why there is none.
  using Done = std::function<void(std::unique_ptr<HttpConnection>, const Failure*)>;

  // Lifetime: the environment must outlive the attempt. Keeps itself alive until `done` is called
  // or it is cancelled.
  Connector(const Environment& environment, Url server, Done done);

  // Calls `done` once, later, unless it is cancelled.
  void start();
  // Closes what has been opened; `done` is not called any more.
  void cancel();

 private:
  using Code = boost::system::error_code;
  using Reason = HttpFailure::Reason;

  void connect(const Resolver::Addresses& addresses);
  void on_connected();
  void open_tunnel();
  void read_tunnel_answer();
  void on_tunnel_answer();
  void handshake();
  void succeed();
  void fail(Reason reason, const std::string& message);
  [[nodiscard]] bool wants_tunnel() const;
  // Where TCP goes to, for messages.
  [[nodiscard]] std::string peer() const;
  // A handler that does nothing once the attempt has ended.
  template <typename Next>
  auto then(Next next);

  Environment environment_;
  const Url server_;
  Done done_;  // Empty once the attempt has ended.
  const Proxy* proxy_ = nullptr;
  std::unique_ptr<HttpConnection> connection_;
  boost::beast::http::request<boost::beast::http::empty_body> tunnel_;
  boost::beast::http::response_parser<boost::beast::http::empty_body> tunnel_answer_;
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_CONNECTOR_H_
