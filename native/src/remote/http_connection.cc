#include "remote/http_connection.h"

#include <array>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

namespace libsql::remote {

TlsStream& HttpConnection::start_tls(boost::asio::ssl::context& context, const std::string& host) {
  tls_.emplace(tcp_, context);
  expect_host(*tls_, host);
  return *tls_;
}

std::span<char> HttpConnection::piece() {
  constexpr std::size_t kSize = 16'384;
  piece_.resize(kSize);
  // Beast reads as much as the buffer has room for: 512 bytes, unless it is told otherwise.
  buffer_.reserve(kSize);
  return piece_;
}

bool HttpConnection::is_quiet() {
  boost::system::error_code error;
  auto& socket = tcp_.socket();
  socket.non_blocking(true, error);
  if (error || buffer_.size() != 0) return false;
  std::array<char, 1> byte{};
  socket.receive(boost::asio::buffer(byte), boost::asio::socket_base::message_peek, error);
  return error == boost::asio::error::would_block;
}

void HttpConnection::close() noexcept {
  boost::system::error_code ignored;
  tcp_.socket().close(ignored);
}

std::string HttpPool::key_of(const Url& server) {
  return (server.tls ? "https://" : "http://") + server.authority();
}

std::unique_ptr<HttpConnection> HttpPool::take(const Url& server) {
  const auto found = idle_.find(key_of(server));
  if (found == idle_.end()) return nullptr;
  const auto oldest = std::chrono::steady_clock::now() - options_.idle_time;
  auto& list = found->second;
  std::unique_ptr<HttpConnection> result;
  while (!list.empty() && !result) {
    Idle last = std::move(list.back());
    list.pop_back();
    if (last.since > oldest && last.connection->is_quiet()) result = std::move(last.connection);
  }
  if (list.empty()) idle_.erase(found);
  return result;
}

void HttpPool::give_back(const Url& server, std::unique_ptr<HttpConnection> connection) {
  auto& list = idle_[key_of(server)];
  list.push_back({std::move(connection), std::chrono::steady_clock::now()});
  if (list.size() > options_.max_idle_per_server) list.erase(list.begin());
}

}  // namespace libsql::remote
