#include "server/socket_session.h"

#include <utility>
#include <variant>

#include "server/encoded_error.h"

#include <boost/asio/buffers_iterator.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
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
  const auto offered = request.header(beast::http::field::sec_websocket_protocol);
  if (!offered) return ChosenProtocol{hrana::kDefaultSubprotocol, false};
  const auto chosen = hrana::choose_subprotocol(*offered);
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

SocketSession::SocketSession(Services& services, Wire wire, const ChosenProtocol& chosen)
    : services_(services),
      chosen_(chosen),
      socket_(std::move(wire)),
      codec_(hrana::make_server_codec(chosen.protocol.encoding, limits_of(services.options))),
      streams_(services, chosen.protocol.version) {}

void SocketSession::start(const HttpRequest& request) {
  websocket::stream_base::timeout timeouts =
      websocket::stream_base::timeout::suggested(beast::role_type::server);
  timeouts.idle_timeout = websocket::stream_base::none();  // As in sqld.
  timeouts.keep_alive_pings = false;
  socket_.set_option(timeouts);
  socket_.read_message_max(services_.options.most_request_bytes);
  socket_.binary(chosen_.protocol.encoding == hrana::Encoding::protobuf);
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

void SocketSession::finish() { close(CloseCode::going_away, "the server stops"); }

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
  if (streams_.under_way() < kMostUnderWay && out_bytes_ < kMostUnsentBytes) {
    read();
    paused_.reset();
  } else if (!closing_) {
    paused_ = shared_from_this();
  }
}

void SocketSession::on_message() {
  const auto message = std::make_shared<SocketMessage>();
  message->body = beast::buffers_to_string(buffer_.data());
  buffer_.consume(buffer_.size());
  if (closing_) return;
  const bool json = chosen_.protocol.encoding == hrana::Encoding::json;
  if (socket_.got_text() != json) {
    return close(CloseCode::unknown_data,
                 json ? "messages must be text" : "messages must be binary");
  }
  try {
    message->codec =
        hrana::make_server_codec(chosen_.protocol.encoding, limits_of(services_.options));
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
  try {
    access_ = services_.authenticator.by_token(hello.jwt);
    send(codec_->hello_ok());
  } catch (const RequestRefused& error) {
    send(codec_->hello_error(error.view()));
    close(CloseCode::normal, "the token was refused");
  }
}

void SocketSession::answered(std::string message) {
  send(std::move(message));
  read_if_room();
}

void SocketSession::refused(const RequestRefused& error) {
  close(CloseCode::policy_error, error.what());
}

void SocketSession::send(std::string message) {
  if (closing_ || closed_) return;
  out_bytes_ += message.size();
  out_.push_back(std::move(message));
  write();
}

void SocketSession::write() {
  if (writing_ || closed_ || out_.empty()) return;
  writing_ = true;
  socket_.async_write(asio::buffer(out_.front()),
                      [self = shared_from_this()](const Code& error, std::size_t) {
                        self->writing_ = false;
                        if (error) return self->disconnected();
                        self->out_bytes_ -= self->out_.front().size();
                        self->out_.pop_front();
                        self->write();
                        self->close_if_sent();
                        self->read_if_room();
                      });
}

void SocketSession::close(CloseCode code, std::string_view reason) {
  if (closing_ || closed_) return;
  const std::string_view text = reason.substr(0, kMostReasonBytes);
  closing_.emplace(code, beast::string_view{text.data(), text.size()});
  streams_.abandon();
  close_if_sent();
  // From here on what is written, or the close, keeps the session. Last: it may be the only
  // reference.
  const auto last = std::exchange(paused_, nullptr);
}

void SocketSession::close_if_sent() {
  if (!closing_ || writing_ || closed_ || !out_.empty()) return;
  writing_ = true;
  socket_.async_close(*closing_,
                      [self = shared_from_this()](const Code& /*error*/) { self->disconnected(); });
}

void SocketSession::disconnected() noexcept {
  if (std::exchange(closed_, true)) return;
  streams_.abandon();
  beast::error_code ignored;
  socket_.next_layer().socket().close(ignored);
  paused_.reset();
}

}  // namespace libsql::server
