#include "remote/web_socket.h"

#include <algorithm>
#include <charconv>
#include <concepts>

#include "remote/corked_stream.h"

#include <boost/asio/error.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>

namespace libsql::remote {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;

namespace {

// A message up to this size is one frame and one write.
constexpr std::size_t kFrameBytes = std::size_t{64} * 1024;
// More is not put into memory beside the messages themselves.
constexpr std::size_t kMostUnsent = std::size_t{1} << 20;

std::optional<std::chrono::seconds> seconds_of(beast::string_view text) {
  std::int32_t seconds = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, seconds);
  if (text.empty() || error != std::errc{} || end != last || seconds < 0) return std::nullopt;
  return std::chrono::seconds(seconds);
}

bool is_of(const boost::system::error_code& error, const boost::system::error_code& one) {
  return error.category() == one.category();
}

}  // namespace

struct WebSocket::Socket {
  using Wire = CorkedStream<HttpConnection>;

  explicit Socket(std::unique_ptr<HttpConnection> connection) : stream(std::move(connection)) {
    stream.write_buffer_bytes(kFrameBytes);
  }
  [[nodiscard]] Wire& wire() { return stream.next_layer(); }

  websocket::stream<Wire, false> stream;  // Without compression.
  websocket::response_type answer;
  beast::flat_buffer buffer;
};

WebSocket::WebSocket(const Connector::Environment& environment, const WebSocketOptions& options,
                     WebSocketRequest request, std::shared_ptr<WebSocketEvents> events)
    : environment_(environment),
      options_(options),
      request_(std::move(request)),
      events_(std::move(events)),
      deadline_(environment.context) {}

WebSocket::~WebSocket() = default;

template <typename Next>
auto WebSocket::then(Next next) {
  // Asio asks for which results it can be called.
  return [ self = shared_from_this(), next ]<typename... Results>(
      const Code& error,
      const Results&... results) requires std::invocable<const Next&, WebSocket&, const Code&,
                                                         const Results&...> {
    if (self->events_) next(*self, error, results...);
  };
}

void WebSocket::start() {
  deadline_.expires_at(request_.deadline);
  deadline_.async_wait(then([](WebSocket& self, const Code& error) {
    if (error) return;
    self.fail(Reason::deadline, self.request_.server.authority() +
                                    ": no WebSocket was open when the time to connect was over");
  }));
  connector_ = std::make_shared<Connector>(
      environment_, request_.server,
      [self = shared_from_this()](std::unique_ptr<HttpConnection> connection,
                                  const Connector::Failure* failure) {
        self->connector_.reset();
        if (failure != nullptr) {
          self->fail(failure->reason, failure->message);
        } else {
          self->upgrade(std::move(connection));
        }
      });
  connector_->start();
}

void WebSocket::upgrade(std::unique_ptr<HttpConnection> connection) {
  socket_ = std::make_unique<Socket>(std::move(connection));
  auto& stream = socket_->stream;
  stream.read_message_max(options_.max_message_bytes);
  stream.set_option(websocket::stream_base::decorator([this](websocket::request_type& request) {
    request.set(http::field::sec_websocket_protocol, request_.subprotocols);
    for (const auto& [name, value] : request_.headers) request.set(name, value);
  }));
  const std::string& path = request_.server.path;
  stream.async_handshake(socket_->answer, request_.server.authority(), path.empty() ? "/" : path,
                         then([](WebSocket& self, const Code& error) { self.on_upgraded(error); }));
}

void WebSocket::on_upgraded(const Code& error) {
  if (error) {
    fail_upgrade(error);
    return;
  }
  const std::string subprotocol(socket_->answer[http::field::sec_websocket_protocol]);
  if (!subprotocol.empty() && !is_offered(subprotocol)) {
    fail(Reason::malformed,
         request_.server.authority() + " chose a subprotocol that was not offered");
    return;
  }
  deadline_.cancel();
  socket_->stream.set_option(
      websocket::stream_base::timeout{options_.close_time, options_.idle_time, true});
  events_->opened(subprotocol);
  if (events_) read();
}

bool WebSocket::is_offered(std::string_view subprotocol) const {
  std::string_view rest = request_.subprotocols;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(", "), rest.size());
    if (beast::iequals({rest.data(), end}, {subprotocol.data(), subprotocol.size()})) return true;
    rest.remove_prefix(std::min(end + 2, rest.size()));
  }
  return false;
}

void WebSocket::fail_upgrade(const Code& error) {
  const auto& answer = socket_->answer;
  const int status = static_cast<int>(answer.result_int());
  const std::string server = request_.server.authority();
  const bool answered = is_of(error, websocket::error::upgrade_declined);
  if (answered && answer.result() != http::status::switching_protocols) {
    WebSocketFailure failure;
    failure.message = server + " does not open a WebSocket: HTTP status " + std::to_string(status);
    failure.status = status;
    failure.retry_after = seconds_of(answer[http::field::retry_after]);
    fail(failure);
  } else if (answered || is_of(error, http::error::bad_version)) {
    const bool broke = error == http::error::end_of_stream || error == http::error::partial_message;
    fail(broke ? Reason::network : Reason::malformed,
         server + " does not open a WebSocket: " + error.message());
  } else {
    fail(Reason::network, server + ": " + error.message());
  }
}

void WebSocket::read() {
  socket_->stream.async_read(socket_->buffer,
                             then([](WebSocket& self, const Code& error, std::size_t /*bytes*/) {
                               if (error) {
                                 self.fail_io(error);
                               } else {
                                 self.on_read();
                               }
                             }));
}

void WebSocket::on_read() {
  const auto data = socket_->buffer.data();
  incoming_.assign(static_cast<const char*>(data.data()), data.size());
  socket_->buffer.consume(data.size());
  // What a large message took is not kept for small ones.
  if (socket_->buffer.capacity() > kMostUnsent) socket_->buffer.shrink_to_fit();
  events_->message(incoming_, socket_->stream.got_binary());
  if (incoming_.capacity() > kMostUnsent) std::string().swap(incoming_);
  if (events_) read();
}

void WebSocket::send(std::shared_ptr<const std::string> message, bool binary) {
  if (!events_) return;
  outgoing_.push_back({std::move(message), binary});
  if (!writing_) write();
}

void WebSocket::write() {
  writing_ = true;
  begun_ = true;
  socket_->wire().cork();
  socket_->stream.binary(outgoing_.front().binary);
  socket_->stream.async_write(asio::buffer(*outgoing_.front().text),
                              then([](WebSocket& self, const Code& error, std::size_t /*bytes*/) {
                                self.on_written(error);
                              }));
}

void WebSocket::on_written(const Code& error) {
  outgoing_.pop_front();
  begun_ = false;
  if (error) {
    writing_ = false;  // The reader fails too, and says why.
  } else if (outgoing_.empty()) {
    writing_ = false;
    socket_->wire().uncork();
  } else if (socket_->wire().unsent() > kMostUnsent) {
    socket_->wire().when_sent([self = shared_from_this()] {
      if (self->events_) self->write();
    });
  } else {
    write();
  }
}

void WebSocket::fail_io(const Code& error) {
  const std::string server = request_.server.authority();
  if (error == websocket::error::closed) {
    WebSocketFailure failure;
    failure.message = server + " closed the WebSocket";
    const websocket::close_reason& reason = socket_->stream.reason();
    failure.code = reason.code;
    if (failure.code != 0) failure.message += " with code " + std::to_string(failure.code);
    if (!reason.reason.empty()) failure.message.append(": ").append(reason.reason.c_str());
    fail(failure);
  } else if (error == websocket::error::message_too_big ||
             error == websocket::error::buffer_overflow) {
    fail(Reason::too_large, server + " sent a message of more than " +
                                std::to_string(options_.max_message_bytes) + " bytes");
  } else if (error == beast::error::timeout) {
    fail(Reason::network, server + " did not answer a ping for " +
                              std::to_string(options_.idle_time.count() / 2) + " ms");
  } else if (is_of(error, websocket::error::closed)) {
    fail(Reason::malformed, server + " broke the rules of WebSockets: " + error.message());
  } else {
    fail(Reason::network, server + ": the WebSocket broke: " + error.message());
  }
}

void WebSocket::fail(Reason reason, std::string message) {
  WebSocketFailure failure;
  failure.reason = reason;
  failure.message = std::move(message);
  fail(failure);
}

void WebSocket::fail(const WebSocketFailure& failure) {
  const auto events = std::move(events_);
  events_ = nullptr;
  deadline_.cancel();
  if (connector_) connector_->cancel();
  connector_.reset();
  // Operations that are under way still use the socket; it goes with the last.
  if (socket_) socket_->wire().close();
  events->closed(failure, outgoing_.size() - (begun_ ? 1 : 0));
}

void WebSocket::close(std::uint16_t code) {
  events_ = nullptr;
  deadline_.cancel();
  if (connector_) connector_->cancel();
  connector_.reset();
  if (!socket_) return;
  if (!socket_->stream.is_open()) {
    socket_->wire().close();
    return;
  }
  socket_->wire().uncork();
  socket_->stream.async_close(
      static_cast<websocket::close_code>(code),
      [self = shared_from_this()](const Code& /*error*/) { self->socket_->wire().close(); });
}

}  // namespace libsql::remote
