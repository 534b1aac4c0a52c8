#include "server/http_session.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

#include "server/origin.h"
#include "server/router.h"
#include "server/socket_session.h"

#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

namespace libsql::server {

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

// Tokens may be long.
constexpr std::uint32_t kMostHeaderBytes = 64 * 1024;
constexpr std::size_t kReadAheadBytes = 4096;

// The target without scheme and authority, which one for a proxy has (RFC 9112, section 3.2.2).
std::string_view origin_form(std::string_view target) {
  const std::size_t scheme = target.starts_with('/') ? std::string_view::npos : target.find("://");
  if (scheme == std::string_view::npos) return target;
  const std::size_t path = target.find('/', scheme + 3);
  return path == std::string_view::npos ? "/" : target.substr(path);
}

HttpRequest split_target(http::request<http::string_body> message) {
  HttpRequest request{std::move(message), {}, {}};
  const std::string_view target =
      origin_form({request.message.target().data(), request.message.target().size()});
  const std::size_t question = target.find('?');
  request.path = target.substr(0, question);
  if (question != std::string_view::npos) request.query = target.substr(question + 1);
  return request;
}

}  // namespace

void HttpSession::start() {
  wire_->async_handshake([self = shared_from_this()](const Code& error) {
    if (error) return self->disconnected();
    self->read();
  });
}

void HttpSession::finish() {
  keep_alive_ = false;
  if (!answering_ || endless_) disconnected();
}

void HttpSession::read() {
  parser_.emplace();
  parser_->header_limit(kMostHeaderBytes);
  parser_->body_limit(services_.options.most_request_bytes);
  http::async_read_header(
      *wire_, buffer_, *parser_,
      [self = shared_from_this()](const Code& error, std::size_t) { self->on_header(error); });
}

void HttpSession::on_header(const Code& error) {
  if (closed_) return;
  if (error) return on_request(error);
  if (!boost::beast::iequals(parser_->get()[http::field::expect], "100-continue")) {
    return read_body();
  }
  write_bytes("HTTP/1.1 100 Continue\r\n\r\n", [this] { read_body(); });
}

void HttpSession::read_body() {
  http::async_read(
      *wire_, buffer_, *parser_,
      [self = shared_from_this()](const Code& error, std::size_t) { self->on_request(error); });
}

void HttpSession::on_request(const Code& error) {
  if (closed_) return;
  head_only_ = false;
  if (error == http::error::body_limit) {
    return reject(
        json_error(413, {"the request is larger than " +
                             std::to_string(services_.options.most_request_bytes) + " bytes",
                         "REQUEST_TOO_LARGE",
                         {}}));
  }
  if (error == http::error::header_limit) {
    return reject(json_error(431, {"the head of the request is too large", "HEAD_TOO_LARGE", {}}));
  }
  if (error.category() == make_error_code(http::error::end_of_stream).category() &&
      error != http::error::end_of_stream && error != http::error::partial_message) {
    return reject(json_error(400, {"the request is not HTTP", "MALFORMED_REQUEST", {}}));
  }
  if (error) return disconnected();
  HttpRequest request = split_target(parser_->release());
  head_only_ = request.message.method() == http::verb::head;
  const auto origin = request.header(http::field::origin);
  if (origin && services_.authenticator.open() && !is_local_origin(*origin)) {
    return reject(json_error(
        403,
        {"web pages of other machines may not use a server without tokens", "FOREIGN_ORIGIN", {}}));
  }
  if (boost::beast::websocket::is_upgrade(request.message)) return upgrade(request);
  keep_alive_ = keep_alive_ && request.message.keep_alive();
  chunked_ = request.message.version() >= 11;
  answering_ = true;
  ++requests_;
  watch();
  route(services_, std::move(request), HttpReply(shared_from_this()));
}

void HttpSession::upgrade(const HttpRequest& request) {
  const auto protocol = offered_protocol(request);
  if (!protocol) return reject(unsupported_protocol());
  closed_ = true;
  const auto session = std::make_shared<SocketSession>(services_, std::move(wire_), *protocol);
  services_.peers.add(session);
  session->start(request);
}

void HttpSession::reject(HttpResponse response) {
  keep_alive_ = false;
  answering_ = true;
  send(std::move(response));
}

void HttpSession::watch() {
  wire_->socket().async_wait(
      Wire::Socket::wait_read, [self = shared_from_this(), request = requests_](const Code& error) {
        if (error || self->closed_ || !self->answering_ || self->requests_ != request) return;
        self->on_readable();
      });
}

void HttpSession::on_readable() {
  char byte = 0;
  const auto count = ::recv(wire_->socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return disconnected();
  // Bytes are the next request's; the client still waits for this one's answer. With TLS they may
  // also be the client's last word, close_notify.
  if (wire_->encrypted()) read_ahead();
}

void HttpSession::read_ahead() {
  reading_ahead_ = true;
  wire_->async_read_some(buffer_.prepare(kReadAheadBytes),
                         [self = shared_from_this()](const Code& error, std::size_t size) {
                           self->reading_ahead_ = false;
                           if (error) return self->disconnected();
                           self->buffer_.commit(size);
                           if (!self->closed_ && !self->answering_) self->read();
                         });
}

std::string HttpSession::head_of(int status, std::string_view content_type) const {
  std::string head = "HTTP/1.1 " + std::to_string(status) + ' ';
  const auto reason = http::obsolete_reason(static_cast<http::status>(status));
  head.append(reason.data(), reason.size());
  if (!content_type.empty()) head.append("\r\nContent-Type: ").append(content_type);
  if (!keep_alive_) head += "\r\nConnection: close";
  return head;
}

void HttpSession::send(HttpResponse response) {
  disconnect_ = nullptr;
  std::string bytes = head_of(response.status, response.content_type);
  if (!response.allow.empty()) bytes += "\r\nAllow: " + response.allow;
  bytes += "\r\nContent-Length: " + std::to_string(response.body.size()) + "\r\n\r\n";
  if (!head_only_) bytes += response.body;
  write_bytes(std::move(bytes), [this] { answered(); });
}

void HttpSession::begin(int status, std::string_view content_type) {
  if (!chunked_) keep_alive_ = false;  // HTTP/1.0: the end of the connection ends the body.
  out_ = head_of(status, content_type);
  out_ += chunked_ ? "\r\nTransfer-Encoding: chunked\r\n\r\n" : "\r\n\r\n";
}

void HttpSession::write(std::string piece, std::function<void()> written) {
  std::string bytes = std::exchange(out_, {});
  if (!piece.empty() && chunked_) {
    std::array<char, 2 * sizeof(std::size_t)> digits{};
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), piece.size(), 16).ptr;
    bytes.append(digits.data(), end).append("\r\n").append(piece).append("\r\n");
  } else {
    bytes += piece;
  }
  write_bytes(std::move(bytes), std::move(written));
}

void HttpSession::end() {
  disconnect_ = nullptr;
  write_bytes(std::exchange(out_, {}) + (chunked_ ? "0\r\n\r\n" : ""), [this] { answered(); });
}

void HttpSession::write_bytes(std::string bytes, std::function<void()> written) {
  if (closed_) return;
  out_ = std::move(bytes);
  asio::async_write(
      *wire_, asio::buffer(out_),
      [self = shared_from_this(), written = std::move(written)](const Code& error, std::size_t) {
        if (self->closed_) return;
        if (error) return self->disconnected();
        self->out_.clear();
        written();
      });
}

void HttpSession::on_disconnect(std::function<void()> handler) {
  if (closed_) return handler();
  disconnect_ = std::move(handler);
}

void HttpSession::answered() {
  answering_ = false;
  if (!keep_alive_) return disconnected();
  if (!reading_ahead_) read();
}

void HttpSession::disconnected() noexcept {
  if (std::exchange(closed_, true)) return;
  wire_->close();
  if (const auto handler = std::exchange(disconnect_, nullptr)) handler();
}

}  // namespace libsql::server
