#include "remote/web_socket_wire.h"

#include <boost/asio/write.hpp>

namespace libsql::remote {

namespace {

constexpr std::size_t kHeldBack = std::size_t{64} * 1024;

}  // namespace

struct WebSocketWire::State : std::enable_shared_from_this<State> {
  explicit State(std::unique_ptr<HttpConnection> opened) : connection(std::move(opened)) {}

  // Sends what has been collected, unless something is being sent: that goes on by itself.
  void send() {
    if (sending || error) return;
    if (collected.empty()) {
      if (sent) std::exchange(sent, nullptr)();
      return;
    }
    sending = true;
    outgoing.swap(collected);
    collected.clear();
    connection->with_stream([this](auto& stream) {
      boost::asio::async_write(
          stream, boost::asio::buffer(outgoing),
          [self = shared_from_this()](const Code& failed, std::size_t /*bytes*/) {
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
      if (sent) std::exchange(sent, nullptr)();
    } else if (!corked || collected.size() > kHeldBack || sent) {
      send();
    }
  }

  const std::unique_ptr<HttpConnection> connection;
  std::string collected;
  std::string outgoing;
  bool corked = false;
  bool sending = false;
  Code error;  // Of a write before.
  std::function<void()> sent;
};

WebSocketWire::WebSocketWire(std::unique_ptr<HttpConnection> connection)
    : state_(std::make_shared<State>(std::move(connection))) {}

HttpConnection& WebSocketWire::connection() const noexcept { return *state_->connection; }

WebSocketWire::Code WebSocketWire::error() const noexcept { return state_->error; }

void WebSocketWire::append(const boost::asio::const_buffer& piece) {
  state_->collected.append(static_cast<const char*>(piece.data()), piece.size());
  if (!state_->corked || state_->collected.size() > kHeldBack) state_->send();
}

void WebSocketWire::cork() noexcept { state_->corked = true; }

void WebSocketWire::uncork() {
  state_->corked = false;
  state_->send();
}

std::size_t WebSocketWire::unsent() const noexcept {
  return state_->collected.size() + state_->outgoing.size();
}

void WebSocketWire::when_sent(std::function<void()> then) {
  state_->sent = std::move(then);
  state_->send();
  if (state_->error && state_->sent) std::exchange(state_->sent, nullptr)();
}

void WebSocketWire::close() noexcept { state_->connection->close(); }

}  // namespace libsql::remote
