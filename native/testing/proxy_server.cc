#include "testing/proxy_server.h"

#include <array>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

namespace libsql::testing {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using Code = boost::system::error_code;

namespace {

tcp::endpoint local(std::uint16_t port) { return {asio::ip::address_v4::loopback(), port}; }

// Copies until one side closes, then closes the other.
void pump(tcp::socket& from, tcp::socket& to) {
  std::array<char, 4096> piece{};
  Code error;
  while (!error) {
    const std::size_t size = from.read_some(asio::buffer(piece), error);
    Code lost;
    asio::write(to, asio::buffer(piece.data(), size), lost);
    if (lost) error = lost;
  }
  Code ignored;
  to.shutdown(tcp::socket::shutdown_both, ignored);
}

}  // namespace

ProxyServer::ProxyServer(Script script)
    : script_(std::move(script)),
      acceptor_(context_, local(0)),
      port_(acceptor_.local_endpoint().port()) {
  accepting_ = std::thread([this] { accept(); });
}

ProxyServer::~ProxyServer() {
  stopping_ = true;
  Code ignored;
  // Wakes accept().
  tcp::socket(context_).connect(local(port_), ignored);
  accepting_.join();
  {
    const core::MutexLock lock(mutex_);
    for (tcp::socket& socket : sockets_) socket.shutdown(tcp::socket::shutdown_both, ignored);
  }
  for (std::thread& thread : serving_) thread.join();
}

std::vector<std::string> ProxyServer::requests() {
  const core::MutexLock lock(mutex_);
  return requests_;
}

tcp::socket& ProxyServer::keep(Socket socket) {
  const core::MutexLock lock(mutex_);
  return sockets_.emplace_back(std::move(socket));
}

void ProxyServer::accept() {
  while (true) {
    Code error;
    tcp::socket accepted(context_);
    acceptor_.accept(accepted, error);
    if (stopping_) return;
    if (error) continue;
    tcp::socket& client = keep(std::move(accepted));
    serving_.emplace_back([this, &client] { serve(client); });
  }
}

void ProxyServer::serve(Socket& client) {
  boost::beast::flat_buffer buffer;
  http::request<http::string_body> request;
  Code error;
  http::read(client, buffer, request, error);
  if (!error) {
    {
      const core::MutexLock lock(mutex_);
      requests_.push_back(std::string(request.method_string()) + ' ' +
                          std::string(request.target()) + ' ' +
                          std::string(request["Proxy-Authorization"]));
    }
    if (script_.answer.empty()) {
      tunnel(client);
    } else {
      asio::write(client, asio::buffer(script_.answer), error);
    }
  }
  client.shutdown(tcp::socket::shutdown_both, error);
}

void ProxyServer::tunnel(Socket& client) {
  Code error;
  tcp::socket opened(context_);
  opened.connect(local(script_.tunnel_to), error);
  if (error) return;
  tcp::socket& server = keep(std::move(opened));
  const std::string established = "HTTP/1.1 200 Connection established\r\n\r\n";
  asio::write(client, asio::buffer(established), error);
  std::thread back([&] { pump(server, client); });
  pump(client, server);
  back.join();
}

}  // namespace libsql::testing
