#include "testing/web_socket_server.h"

#include <utility>

#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>

namespace libsql::testing {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;
using Code = boost::system::error_code;

namespace {

template <typename Stream>
class OpenSocket final : public ServerSocket {
 public:
  OpenSocket(Stream& stream, tcp::socket& socket, const std::atomic<bool>& stopping)
      : stream_(stream), socket_(socket), stopping_(stopping) {}

  std::optional<std::string> read() override {
    beast::flat_buffer buffer;
    Code error;
    stream_.read(buffer, error);
    if (error) return std::nullopt;
    const auto data = buffer.data();
    return std::string(static_cast<const char*>(data.data()), data.size());
  }
  bool has_more() override { return socket_.available() > 0; }
  void send(std::string_view text) override { send(text, false); }
  void send_binary(std::string_view bytes) override { send(bytes, true); }
  void send_raw(std::string_view bytes) override {
    Code ignored;
    asio::write(stream_.next_layer(), asio::buffer(bytes.data(), bytes.size()), ignored);
  }
  void ping() override {
    Code ignored;
    stream_.ping({}, ignored);
  }
  void close(std::uint16_t code, const std::string& reason) override {
    Code ignored;
    stream_.close({static_cast<websocket::close_code>(code), reason}, ignored);
  }
  void drop() override {
    Code ignored;
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
  }
  void hang(const std::function<bool()>& released) override {
    while (!stopping_ && !released()) std::this_thread::yield();
  }

 private:
  void send(std::string_view bytes, bool binary) {
    Code ignored;
    stream_.binary(binary);
    stream_.write(asio::buffer(bytes.data(), bytes.size()), ignored);
  }

  Stream& stream_;
  tcp::socket& socket_;
  const std::atomic<bool>& stopping_;
};

}  // namespace

WebSocketServer::WebSocketServer(Options options, Script script)
    : options_(std::move(options)),
      script_(std::move(script)),
      acceptor_(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
      port_(acceptor_.local_endpoint().port()) {
  if (options_.certificate) {
    tls_.emplace(asio::ssl::context::tls_server);
    tls_->use_certificate_chain(asio::buffer(options_.certificate->certificate));
    tls_->use_private_key(asio::buffer(options_.certificate->key), asio::ssl::context::pem);
  }
  accepting_ = std::thread([this] { accept(); });
}

WebSocketServer::~WebSocketServer() {
  stopping_ = true;
  Code ignored;
  // Wakes accept().
  tcp::socket(context_).connect(tcp::endpoint(asio::ip::address_v4::loopback(), port_), ignored);
  accepting_.join();
  {
    const core::MutexLock lock(mutex_);
    for (tcp::socket& socket : sockets_) socket.shutdown(tcp::socket::shutdown_both, ignored);
  }
  for (std::thread& thread : serving_) thread.join();
}

void WebSocketServer::accept() {
  while (true) {
    Code error;
    tcp::socket accepted(context_);
    acceptor_.accept(accepted, error);
    if (stopping_) return;
    if (error) continue;
    accepted.set_option(tcp::no_delay(true), error);
    const int number = ++connections_;
    const core::MutexLock lock(mutex_);
    tcp::socket& socket = sockets_.emplace_back(std::move(accepted));
    serving_.emplace_back([this, &socket, number] { serve(socket, number); });
  }
}

void WebSocketServer::serve(Socket& socket, int number) {
  if (tls_) {
    websocket::stream<asio::ssl::stream<tcp::socket&>> stream(socket, *tls_);
    Code error;
    stream.next_layer().handshake(asio::ssl::stream_base::server, error);
    if (!error) run(stream, number);
  } else {
    websocket::stream<tcp::socket&> stream(socket);
    run(stream, number);
  }
  Code ignored;
  socket.shutdown(tcp::socket::shutdown_both, ignored);
}

template <typename Stream>
void WebSocketServer::run(Stream& stream, int number) {
  beast::flat_buffer buffer;
  http::request<http::string_body> upgrade;
  Code error;
  http::read(stream.next_layer(), buffer, upgrade, error);
  if (error) return;
  const std::string refusal = options_.refusal ? options_.refusal(number) : "";
  if (!refusal.empty()) {
    asio::write(stream.next_layer(), asio::buffer(refusal), error);
    return;
  }
  stream.read_message_max(std::size_t{1} << 30);
  stream.set_option(websocket::stream_base::decorator([&](websocket::response_type& answer) {
    if (options_.subprotocol.empty()) return;
    answer.set(http::field::sec_websocket_protocol, options_.subprotocol);
  }));
  stream.accept(upgrade, error);
  if (error) return;
  OpenSocket<Stream> socket(stream, beast::get_lowest_layer(stream), stopping_);
  socket.offered = std::string(upgrade[http::field::sec_websocket_protocol]);
  socket.target = std::string(upgrade.target());
  socket.authorization = std::string(upgrade[http::field::authorization]);
  socket.number = number;
  script_(socket);
}

}  // namespace libsql::testing
