// One connection to a server, with or without TLS, and the pool of those that wait for a request.
#ifndef LIBSQL_REMOTE_HTTP_CONNECTION_H_
#define LIBSQL_REMOTE_HTTP_CONNECTION_H_

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "remote/proxy.h"
#include "remote/tls.h"
#include "remote/url.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/core/tcp_stream.hpp>

namespace libsql::remote {

// Threads: thread-bound, to the I/O thread.
class HttpConnection {
 public:
  explicit HttpConnection(boost::asio::io_context& context) : tcp_(context) {}

  // Calls `use` with the stream that carries HTTP.
  void with_stream(auto&& use) {
    if (tls_) {
      use(*tls_);
    } else {
      use(tcp_);
    }
  }
  [[nodiscard]] boost::beast::tcp_stream& tcp() noexcept { return tcp_; }
  [[nodiscard]] boost::beast::tcp_stream::executor_type get_executor() noexcept {
    return tcp_.get_executor();
  }
  [[nodiscard]] TlsStream& start_tls(boost::asio::ssl::context& context, const std::string& host);
  // What was read beyond the answer's end.
  [[nodiscard]] boost::beast::flat_buffer& buffer() noexcept { return buffer_; }
  // Room for a piece of a body.
  [[nodiscard]] std::span<char> piece();

  // The proxy at its other end, which passes each request on; none at the end of a tunnel.
  [[nodiscard]] const std::optional<Proxy>& proxy() const noexcept { return proxy_; }
  void set_proxy(const Proxy& proxy) { proxy_ = proxy; }

  // The server has neither closed it nor sent anything unasked.
  [[nodiscard]] bool is_quiet();
  void close() noexcept;

 private:
  boost::beast::tcp_stream tcp_;
  std::optional<TlsStream> tls_;
  boost::beast::flat_buffer buffer_;
  std::vector<char> piece_;
  std::optional<Proxy> proxy_;
};

// How a WebSocket over it ends; found by the name of its argument's namespace.
template <typename Handler>
void async_teardown(boost::beast::role_type /*role*/, HttpConnection& connection,
                    Handler&& handler) {
  connection.close();
  boost::asio::post(connection.get_executor(),
                    boost::beast::bind_front_handler(std::forward<Handler>(handler),
                                                     boost::system::error_code()));
}

// Keeps connections for a while after their answers (RFC 9112, section 9.3).
//
// Threads: thread-bound, to the I/O thread.
class HttpPool {
 public:
  struct Options {
    std::size_t max_idle_per_server = 8;
    // Shorter than the idle limits of common proxies.
    std::chrono::milliseconds idle_time{15'000};
  };

  explicit HttpPool(const Options& options) : options_(options) {}

  // Names a server: scheme, host and port.
  [[nodiscard]] static std::string key_of(const Url& server);

  // The connection that was used last and is still quiet; null if there is none.
  [[nodiscard]] std::unique_ptr<HttpConnection> take(const Url& server);
  void give_back(const Url& server, std::unique_ptr<HttpConnection> connection);
  void clear() noexcept { idle_.clear(); }

 private:
  struct Idle {
    std::unique_ptr<HttpConnection> connection;
    std::chrono::steady_clock::time_point since;
  };

  Options options_;
  std::map<std::string, std::vector<Idle>> idle_;  // By origin; the one used last at the end.
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_HTTP_CONNECTION_H_
