#include "server/socket_session.h"

#include <utility>
#include <variant>

#include "server/encoded_error.h"

#include <boost/asio/post.hpp>
#include <boost/beast/http/field.hpp>

namespace libsql::server {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;

namespace {

// A client that sends more than this without reading waits.
constexpr std::size_t kMostUnderWay = 256;
constexpr std::size_t kMostUnsentBytes = std::size_t{16} << 20;
// RFC 6455, section 5.5: a control frame carries 125 bytes, two of which are the code.
constexpr std::size_t kMostReasonBytes = 123;

}  // namespace

std::optional<ChosenProtocol> offered_protocol(const HttpRequest& request) {
  // The header may come several times: one list (RFC 6455, section 11.3.4).
  std::string offered;
  const auto headers = request.message.equal_range(beast::http::field::sec_websocket_protocol);
  for (auto header = headers.first; header != headers.second; ++header) {
    offered.append(offered.empty() ? "" : ",")
        .append(header->value().data(), header->value().size());
  }
  if (headers.first == headers.second) return ChosenProtocol{hrana::kDefaultSubprotocol, false};
  const auto chosen = hrana::choose_subprotocol(offered);
  if (!chosen) return std::nullopt;
  return ChosenProtocol{*chosen, true};
}

HttpResponse unsupported_protocol() {
  return json_error(400,
                    {"none of the protocols offered is one of hrana3-protobuf, hrana3, hrana2, "
                     "hrana1",
                     "UNSUPPORTED_PROTOCOL",
                     {}});
}

SocketSession::SocketSession(Services& services, std::unique_ptr<Wire> wire,
                             const ChosenProtocol& chosen)
    : services_(services),
      chosen_(chosen),
      socket_(std::move(wire)),
      codec_(hrana::make_server_codec(chosen.protocol.encoding, limits_of(services.options))),
      streams_(services, chosen.protocol) {}

void SocketSession::start(const HttpRequest& request) {
  websocket::stream_base::timeout timeouts =
      websocket::stream_base::timeout::suggested(beast::role_type::server);
  timeouts.idle_timeout = websocket::stream_base::none();  // As in sqld.
  timeouts.keep_alive_pings = false;
  socket_.set_option(timeouts);
  socket_.read_message_max(services_.options.most_request_bytes);
  if (chosen_.named) {
    socket_.set_option(websocket::stream_base::decorator(
        [name = chosen_.protocol.name](websocket::response_type& response) {
          response.set(beast::http::field::sec_websocket_protocol, {name.data(), name.size()});
        }));
  }
  socket_.async_accept(request.message, [self = shared_from_this()](const Code& error) {
    if (error) return self->disconnected();
    self->read();
  });
}

void SocketSession::finish() {
  finishing_ = true;
  finish_if_idle();
}

void SocketSession::finish_if_idle() {
  if (finishing_ && streams_.under_way() == 0) close(CloseCode::going_away, "the server stops");
}

void SocketSession::read() {
  reading_ = true;
  socket_.async_read(buffer_, [self = shared_from_this()](const Code& error, std::size_t) {
    self->reading_ = false;
    if (error) return self->disconnected();
    self->on_message();
    self->read_if_room();
  });
}

void SocketSession::read_if_room() {
  if (reading_ || closed_) return;
  auto& wire = socket_.next_layer();
  const bool unsent = wire.unsent() >= kMostUnsentBytes;
  if (!unsent && streams_.under_way() < kMostUnderWay) {
    read();
    paused_.reset();
  } else if (!closing_) {
    paused_ = shared_from_this();
    if (unsent) wire.when_sent([self = weak_from_this()] { resume(self); });
  }
}

void SocketSession::resume(const std::weak_ptr<SocketSession>& session) {
  if (const auto self = session.lock()) self->read_if_room();
}

void SocketSession::on_message() {
  const auto message = streams_.message();
  const auto data = buffer_.data();
  message->body.assign(static_cast<const char*>(data.data()), data.size());
  buffer_.consume(buffer_.size());
  if (closing_ || finishing_) return;
  const bool json = chosen_.protocol.encoding == hrana::Encoding::json;
  if (socket_.got_text() != json) {
    return close(CloseCode::unknown_data,
                 json ? "messages must be text" : "messages must be binary");
  }
  try {
    hrana::ClientMessage decoded = message->codec->decode_message(message->body);
    if (const auto* const hello = std::get_if<hrana::Hello>(&decoded)) return on_hello(*hello);
    if (!access_) return close(CloseCode::policy_error, "the first message must be a hello");
    message->request = std::move(std::get<hrana::SocketRequest>(decoded));
    message->access = *access_;
    streams_.start(message, weak_from_this());
  } catch (const hrana::Malformed& error) {
    close(CloseCode::bad_payload, error.what());
  } catch (const RequestRefused& error) {
    refused(error);
  }
}

void SocketSession::on_hello(const hrana::Hello& hello) {
  if (access_ && chosen_.protocol.version < 2) {
    return close(CloseCode::policy_error, "version 1 of the protocol has one hello");
  }
  try {
    access_ = services_.authenticator.by_token(hello.jwt);
    send(codec_->hello_ok());
  } catch (const RequestRefused& error) {
    send(codec_->hello_error(error.view()));
    close(CloseCode::normal, "the token was refused");
  }
}

void SocketSession::answered(std::string message) {
  send(message);
  finish_if_idle();
  read_if_room();
}

void SocketSession::refused(const RequestRefused& error) {
  close(CloseCode::policy_error, error.what());
}

void SocketSession::send(std::string_view message) {
  if (closing_ || closed_) return;
  auto& wire = socket_.next_layer();
  wire.cork();
  append_frame(message);
  if (std::exchange(flushing_, true)) return;
  // Answers that are ready by then leave in the same packet.
  asio::post(services_.context, [self = shared_from_this()] {
    self->flushing_ = false;
    self->socket_.next_layer().uncork();
  });
}

// Encodes the frame here, not by Beast, which begins a message's write only when the one before has
// ended. A server does not mask its frames (RFC 6455, section 5.1).
void SocketSession::append_frame(std::string_view message) {
  const bool json = chosen_.protocol.encoding == hrana::Encoding::json;
  std::string head(1, static_cast<char>(json ? 0x81 : 0x82));  // The last frame, text or binary.
  const std::size_t size = message.size();
  const int bytes = size < 126 ? 0 : size <= 0xffff ? 2 : 8;
  head += static_cast<char>(bytes == 0 ? size : bytes == 2 ? 126 : 127);
  for (int byte = bytes - 1; byte >= 0; --byte) head += static_cast<char>(size >> (8 * byte));
  socket_.next_layer().append(head);
  socket_.next_layer().append(message);
}

void SocketSession::close(CloseCode code, std::string_view reason) {
  if (closing_ || closed_) return;
  closing_ = true;
  const std::string_view text = reason.substr(0, kMostReasonBytes);
  streams_.abandon();
  socket_.async_close({code, beast::string_view{text.data(), text.size()}},
                      [self = shared_from_this()](const Code& /*error*/) { self->disconnected(); });
  // From here on the close keeps the session. Last: it may be the only reference.
  const auto last = std::exchange(paused_, nullptr);
}

void SocketSession::disconnected() noexcept {
  if (std::exchange(closed_, true)) return;
  streams_.abandon();
  socket_.next_layer().close();
  paused_.reset();
}

}  // namespace libsql::server
