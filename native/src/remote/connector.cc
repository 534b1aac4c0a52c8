#include "remote/connector.h"

#include <concepts>
#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

namespace libsql::remote {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

namespace {

constexpr std::uint32_t kMaxHeadBytes = 64 * 1024;
constexpr unsigned kHttp11 = 11;

}  // namespace

Connector::Connector(const Environment& environment, Url server, Done done)
    : environment_(environment),
      server_(std::move(server)),
      done_(std::move(done)),
      proxy_(environment.proxies.for_server(server_)) {}

template <typename Next>
auto Connector::then(Next next) {
  // Asio asks for which results it can be called.
  return [ self = shared_from_this(), next ]<typename... Results>(
      const Code& error,
      const Results&... results) requires std::invocable<const Next&, Connector&, const Code&,
                                                         const Results&...> {
    if (self->done_) next(*self, error, results...);
  };
}

void Connector::start() {
  environment_.resolver.resolve(
      proxy_ != nullptr ? proxy_->host : server_.host,
      proxy_ != nullptr ? proxy_->port : server_.port,
      then([](Connector& self, const Code& error, const Resolver::Addresses& found) {
        if (error) {
          self.fail(Reason::resolve, self.peer() + ": " + error.message());
        } else {
          self.connect(found);
        }
      }));
}

void Connector::cancel() {
  done_ = nullptr;
  if (connection_) connection_->close();
}

void Connector::connect(const Resolver::Addresses& addresses) {
  connection_ = std::make_unique<HttpConnection>(environment_.context);
  connection_->tcp().async_connect(
      addresses, then([](Connector& self, const Code& error, const tcp::endpoint& /*peer*/) {
        if (error) {
          self.fail(Reason::connect, self.peer() + ": " + error.message());
        } else {
          self.on_connected();
        }
      }));
}

void Connector::on_connected() {
  Code ignored;
  connection_->tcp().socket().set_option(tcp::no_delay(true), ignored);
  if (wants_tunnel()) {
    open_tunnel();
  } else if (server_.tls) {
    handshake();
  } else {
    if (proxy_ != nullptr) connection_->set_proxy(*proxy_);
    succeed();
  }
}

bool Connector::wants_tunnel() const {
  return proxy_ != nullptr && (server_.tls || server_.protocol == Protocol::web_socket);
}

void Connector::open_tunnel() {
  // The target of CONNECT has its port always.
  const bool is_ipv6 = server_.host.find(':') != std::string::npos;
  const std::string host = is_ipv6 ? '[' + server_.host + ']' : server_.host;
  const std::string target = host + ':' + std::to_string(server_.port);
  tunnel_ = {http::verb::connect, target, kHttp11};
  tunnel_.set(http::field::host, target);
  if (!proxy_->authorization.empty()) {
    tunnel_.set(http::field::proxy_authorization, proxy_->authorization);
  }
  http::async_write(connection_->tcp(), tunnel_,
                    then([](Connector& self, const Code& error, std::size_t /*bytes*/) {
                      if (error) {
                        self.fail(Reason::connect, self.peer() + ": " + error.message());
                      } else {
                        self.read_tunnel_answer();
                      }
                    }));
}

void Connector::read_tunnel_answer() {
  tunnel_answer_.skip(true);  // An answer to CONNECT has no body.
  tunnel_answer_.header_limit(kMaxHeadBytes);
  http::async_read_header(connection_->tcp(), connection_->buffer(), tunnel_answer_,
                          then([](Connector& self, const Code& error, std::size_t /*bytes*/) {
                            if (error) {
                              self.fail(Reason::connect, self.peer() + ": " + error.message());
                            } else {
                              self.on_tunnel_answer();
                            }
                          }));
}

void Connector::on_tunnel_answer() {
  const auto status = tunnel_answer_.get().result_int();
  if (http::to_status_class(status) != http::status_class::successful) {
    fail(Reason::connect, peer() + " refuses to connect to " + server_.authority() + ": status " +
                              std::to_string(status) +
                              (status == 407 ? ", it asks for a user and a password" : ""));
  } else if (connection_->buffer().size() != 0) {
    fail(Reason::malformed, peer() + " sends something before it is asked");
  } else if (server_.tls) {
    handshake();
  } else {
    succeed();
  }
}

void Connector::handshake() {
  TlsStream& stream = connection_->start_tls(environment_.tls, server_.host);
  stream.async_handshake(
      asio::ssl::stream_base::client, then([](Connector& self, const Code& error) {
        if (error) {
          self.fail(Reason::tls, self.server_.authority() + ": " + error.message());
        } else {
          self.succeed();
        }
      }));
}

void Connector::succeed() { std::exchange(done_, nullptr)(std::move(connection_), nullptr); }

void Connector::fail(Reason reason, const std::string& message) {
  const Failure failure{reason, message};
  // Operations that are under way still use the connection; it goes with the last.
  if (connection_) connection_->close();
  std::exchange(done_, nullptr)(nullptr, &failure);
}

std::string Connector::peer() const {
  return proxy_ != nullptr ? "the proxy " + proxy_->authority() : server_.authority();
}

}  // namespace libsql::remote
