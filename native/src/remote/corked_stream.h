// What a WebSocket is read from and written to: frames that are written in a row are put together
// into one write.
#ifndef LIBSQL_REMOTE_CORKED_STREAM_H_
#define LIBSQL_REMOTE_CORKED_STREAM_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/role.hpp>

namespace libsql::remote {

// A stream in the sense of Asio, for boost::beast::websocket::stream, over a connection with or
// without TLS. A message of Hrana is a frame of its own, and Beast writes frame by frame: a request
// of three messages would leave in three packets and wake the other side three times. Writes
// therefore complete at once, into a buffer that is sent when nothing more is ready (cork(),
// uncork()).
//
// `Connection` has get_executor(), close() and with_stream(use), which calls use(stream) with what
// carries the bytes; async_teardown(role, Connection&, handler) ends it after the closing frames.
//
// Threads: thread-bound, to the I/O thread.
// Lifetime: what is under way keeps the connection and its buffers.
template <typename Connection>
class CorkedStream {
 public:
  using Code = boost::system::error_code;
  using executor_type = decltype(std::declval<Connection&>().get_executor());

  explicit CorkedStream(std::unique_ptr<Connection> connection)
      : state_(std::make_shared<State>(std::move(connection))) {}

  [[nodiscard]] executor_type get_executor() noexcept { return connection().get_executor(); }

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
      state_->collected.append(static_cast<const char*>(piece.data()), piece.size());
      size += piece.size();
    }
    state_->send_unless_corked();
    boost::asio::post(get_executor(), boost::beast::bind_front_handler(
                                          std::forward<Handler>(handler), state_->error, size));
  }

  // Writes these bytes. REQUIRES: a whole frame is written, in one or more calls, before anything
  // else happens.
  void append(std::string_view bytes) {
    state_->collected += bytes;
    state_->send_unless_corked();
  }
  // Collects what is written; at most about 64 KiB are held back.
  void cork() noexcept { state_->corked = true; }
  // Sends what was collected.
  void uncork() {
    state_->corked = false;
    state_->send();
  }
  // Bytes that the system has not taken yet.
  [[nodiscard]] std::size_t unsent() const noexcept {
    return state_->collected.size() + state_->outgoing.size();
  }
  // Calls `then` once, when all has been sent or an error has ended it.
  void when_sent(std::function<void()> then) {
    state_->sent.swap(then);
    state_->send();
    if (state_->error) state_->report_sent();
  }
  void close() noexcept { connection().close(); }

  // For Beast: ends a connection whose time is over, and one whose closing frames were exchanged.
  friend void beast_close_socket(CorkedStream& stream) { stream.close(); }
  template <typename Handler>
  friend void async_teardown(boost::beast::role_type role, CorkedStream& stream,
                             Handler&& handler) {
    // Shared, because a std::function has to be copyable.
    const auto last = std::make_shared<std::decay_t<Handler>>(std::forward<Handler>(handler));
    stream.when_sent([role, state = stream.state_, last] {
      async_teardown(role, *state->connection, std::move(*last));
    });
  }

 private:
  static constexpr std::size_t kHeldBack = std::size_t{64} * 1024;

  struct State : std::enable_shared_from_this<State> {
    explicit State(std::unique_ptr<Connection> opened) : connection(std::move(opened)) {}

    void send_unless_corked() {
      if (!corked || collected.size() > kHeldBack) send();
    }
    // Sends what has been collected, unless something is being sent: that goes on by itself.
    void send() {
      if (sending || error) return;
      if (collected.empty()) return report_sent();
      sending = true;
      outgoing.swap(collected);
      collected.clear();
      connection->with_stream([this](auto& stream) {
        boost::asio::async_write(
            stream, boost::asio::buffer(outgoing),
            [self = this->shared_from_this()](const Code& failed, std::size_t /*bytes*/) {
              self->on_sent(failed);
            });
      });
    }
    void on_sent(const Code& failed) {
      sending = false;
      outgoing.clear();
      if (failed) {
        error = failed;
        collected.clear();
        connection->close();  // The reader learns of it.
        report_sent();
      } else if (sent) {
        send();
      } else {
        send_unless_corked();
      }
    }
    void report_sent() {
      if (sent) std::exchange(sent, nullptr)();
    }

    const std::unique_ptr<Connection> connection;
    std::string collected;
    std::string outgoing;
    bool corked = false;
    bool sending = false;
    Code error;  // Of a write before.
    std::function<void()> sent;
  };

  [[nodiscard]] Connection& connection() const noexcept { return *state_->connection; }

  std::shared_ptr<State> state_;  // Its other owner is a write under way.
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_CORKED_STREAM_H_
