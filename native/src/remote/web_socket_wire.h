// What a WebSocket is read from and written to: TCP or TLS behind one type, with frames that are
// written in a row put together into one write.
#ifndef LIBSQL_REMOTE_WEB_SOCKET_WIRE_H_
#define LIBSQL_REMOTE_WEB_SOCKET_WIRE_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "remote/http_connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/core/tcp_stream.hpp>

namespace libsql::remote {

// A stream in the sense of Asio, for boost::beast::websocket::stream. A message of Hrana is a frame
// of its own, and Beast writes frame by frame: a request of three messages would leave in three
// packets and wake the server three times. Writes therefore complete at once, into a buffer that is
// sent when nothing more is ready (cork(), uncork()).
//
// Threads: thread-bound, to the I/O thread.
// Lifetime: what is under way keeps the connection and its buffers.
class WebSocketWire {
 public:
  using executor_type = boost::beast::tcp_stream::executor_type;
  using Code = boost::system::error_code;

  explicit WebSocketWire(std::unique_ptr<HttpConnection> connection);

  [[nodiscard]] executor_type get_executor() noexcept { return connection().tcp().get_executor(); }

  template <typename Buffers, typename Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    connection().with_stream(
        [&](auto& stream) { stream.async_read_some(buffers, std::forward<Handler>(handler)); });
  }
  template <typename Buffers, typename Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    const auto end = boost::asio::buffer_sequence_end(buffers);
    std::size_t size = 0;
    for (auto next = boost::asio::buffer_sequence_begin(buffers); next != end; ++next) {
      const boost::asio::const_buffer piece(*next);
      append(piece);
      size += piece.size();
    }
    boost::asio::post(get_executor(), boost::beast::bind_front_handler(
                                          std::forward<Handler>(handler), error(), size));
  }

  // Collects what is written; at most about 64 KiB are held back.
  void cork() noexcept;
  // Sends what was collected.
  void uncork();
  // Bytes that the system has not taken yet.
  [[nodiscard]] std::size_t unsent() const noexcept;
  // Calls `then` once, when all has been sent or an error has ended it.
  void when_sent(std::function<void()> then);
  void close() noexcept;

  // For Beast: closes the connection after the handshake of closing frames.
  friend void beast_close_socket(WebSocketWire& wire) { wire.close(); }
  template <typename Handler>
  friend void async_teardown(boost::beast::role_type /*role*/, WebSocketWire& wire,
                             Handler&& handler) {
    wire.close();
    boost::asio::post(wire.get_executor(),
                      boost::beast::bind_front_handler(std::forward<Handler>(handler), Code()));
  }

 private:
  struct State;

  [[nodiscard]] HttpConnection& connection() const noexcept;
  [[nodiscard]] Code error() const noexcept;
  void append(const boost::asio::const_buffer& piece);

  std::shared_ptr<State> state_;  // Its other owner is a write under way.
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_WEB_SOCKET_WIRE_H_
