#include "testing/http_server.h"

#include <utility>

#include <boost/asio/read.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>

namespace libsql::testing {

namespace asio = boost::asio;
using asio::ip::tcp;
using Code = boost::system::error_code;

ScriptedAnswer answer_with(const std::string& body, int status) {
  return {"HTTP/1.1 " + std::to_string(status) + " Status\r\nContent-Type: application/json\r\n" +
              "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body,
          false, false};
}

HttpServer::HttpServer(Script script, std::optional<TestCertificate> certificate)
    : script_(std::move(script)),
      acceptor_(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
      port_(acceptor_.local_endpoint().port()) {
  if (certificate) {
    tls_.emplace(asio::ssl::context::tls_server);
    tls_->use_certificate_chain(asio::buffer(certificate->certificate));
    tls_->use_private_key(asio::buffer(certificate->key), asio::ssl::context::pem);
  }
  accepting_ = std::thread([this] { accept(); });
}

HttpServer::~HttpServer() {
  stopping_ = true;
  Code ignored;
  // Wakes accept().
  tcp::socket(context_).connect(tcp::endpoint(asio::ip::address_v4::loopback(), port_), ignored);
  accepting_.join();
  close_sockets();
  for (std::thread& thread : serving_) thread.join();
}

void HttpServer::close_sockets() {
  const core::MutexLock lock(mutex_);
  Code ignored;
  for (tcp::socket& socket : sockets_) socket.shutdown(tcp::socket::shutdown_both, ignored);
}

void HttpServer::accept() {
  while (true) {
    Code error;
    tcp::socket accepted(context_);
    acceptor_.accept(accepted, error);
    if (stopping_) return;
    if (error) continue;
    ++connections_;
    const core::MutexLock lock(mutex_);
    tcp::socket& socket = sockets_.emplace_back(std::move(accepted));
    serving_.emplace_back([this, &socket] { serve(socket); });
  }
}

void HttpServer::serve(tcp::socket& socket) {
  if (tls_) {
    asio::ssl::stream<tcp::socket&> stream(socket, *tls_);
    Code error;
    stream.handshake(asio::ssl::stream_base::server, error);
    if (!error) answer_all(stream);
  } else {
    answer_all(socket);
  }
  Code ignored;
  socket.shutdown(tcp::socket::shutdown_both, ignored);
}

template <typename Stream>
void HttpServer::answer_all(Stream& stream) {
  boost::beast::flat_buffer buffer;
  while (true) {
    Request request;
    Code error;
    boost::beast::http::read(stream, buffer, request, error);
    if (error) return;
    const ScriptedAnswer answer = script_(request);
    const std::size_t at_once =
        answer.pause.time.count() == 0 ? answer.bytes.size() : answer.pause.after;
    asio::write(stream, asio::buffer(answer.bytes, at_once), error);
    if (at_once < answer.bytes.size()) {
      std::this_thread::sleep_for(answer.pause.time);
      asio::write(stream, asio::buffer(answer.bytes) + at_once, error);
    }
    if (answer.silent) {
      char byte = 0;
      asio::read(stream, asio::buffer(&byte, 1), error);
      return;
    }
    if (error || answer.close) return;
  }
}

}  // namespace libsql::testing
