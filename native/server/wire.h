// A client's connection, with or without TLS: one type, so that HTTP and WebSockets are compiled
// once. Models AsyncReadStream and AsyncWriteStream of Asio.
#ifndef LIBSQL_SERVER_WIRE_H_
#define LIBSQL_SERVER_WIRE_H_

#include <memory>
#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/websocket/teardown.hpp>

namespace libsql::server {

// Threads: thread-bound, to the I/O thread.
class Wire {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  using executor_type = Socket::executor_type;

  // `tls`: null without it.
  Wire(Socket socket, boost::asio::ssl::context* tls)
      : socket_(std::make_unique<Socket>(std::move(socket))) {
    if (tls != nullptr) tls_ = std::make_unique<Tls>(*socket_, *tls);
  }

  [[nodiscard]] executor_type get_executor() noexcept { return socket_->get_executor(); }
  [[nodiscard]] Socket& socket() noexcept { return *socket_; }
  [[nodiscard]] bool encrypted() const noexcept { return tls_ != nullptr; }

  // Before anything else; done at once without TLS.
  template <typename Handler>
  void async_handshake(Handler handler) {
    if (tls_) {
      tls_->async_handshake(boost::asio::ssl::stream_base::server, std::move(handler));
    } else {
      handler(boost::system::error_code());
    }
  }
  // Calls `use` with the stream that carries what is read and written.
  void with_stream(auto&& use) {
    if (tls_) {
      use(*tls_);
    } else {
      use(*socket_);
    }
  }
  template <typename Buffers, typename Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    with_stream(
        [&](auto& stream) { stream.async_read_some(buffers, std::forward<Handler>(handler)); });
  }
  template <typename Buffers, typename Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    with_stream(
        [&](auto& stream) { stream.async_write_some(buffers, std::forward<Handler>(handler)); });
  }

  void close() noexcept {
    boost::system::error_code ignored;
    socket_->shutdown(Socket::shutdown_both, ignored);
    socket_->close(ignored);
  }

 private:
  using Tls = boost::asio::ssl::stream<Socket&>;

  std::unique_ptr<Socket> socket_;  // Before TLS, which refers to it.
  std::unique_ptr<Tls> tls_;
};

// How a WebSocket over it ends; found by the name of its argument's namespace.
template <typename Handler>
void async_teardown(boost::beast::role_type role, Wire& wire, Handler&& handler) {
  boost::beast::websocket::async_teardown(role, wire.socket(), std::forward<Handler>(handler));
}

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_WIRE_H_
