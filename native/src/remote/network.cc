#include "remote/network.h"

#include <openssl/ssl.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "core/mutex.h"
#include "remote/http_stream.h"
#include "remote/socket_stream.h"
#include "remote/tls.h"

namespace libsql::remote {

namespace {

// How long the end of the process waits for what runs on the I/O thread.
constexpr std::chrono::seconds kPatience{1};

// Never destroyed: whatever still runs at the end of the process may use it. The handler of exit()
// parks it before OpenSSL and static objects are destroyed: the last handler registered runs first.
IoThread& io_thread() {
  static IoThread& thread = []() -> IoThread& {
    OPENSSL_init_ssl(0, nullptr);  // Registers OpenSSL's handler.
    IoThread& made = *std::make_unique<IoThread>().release();
    static_cast<void>(std::atexit([] { io_thread().park(kPatience); }));
    return made;
  }();
  return thread;
}

ProxySettings proxies(const RemoteOptions& remote) {
  if (remote.proxy) return ProxySettings::for_all(remote.proxy->str());
  return ProxySettings::from_environment([](const char* name) { return std::getenv(name); });
}

// The clients that are in use, by their certificates and their proxy.
class HttpClients {
 public:
  std::shared_ptr<HttpClient> get(const RemoteOptions& remote) LIBSQL_EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    std::weak_ptr<HttpClient>& known = clients_[{
        remote.ca_file.str(), remote.proxy ? std::optional(remote.proxy->str()) : std::nullopt}];
    if (auto client = known.lock()) return client;
    HttpClient::Options options;
    options.ca_file = remote.ca_file.str();
    // What may be under way at once keeps its sockets.
    options.pool.max_idle_per_server = options.max_requests_per_server;
    options.proxies = proxies(remote);
    auto client = std::make_shared<HttpClient>(io_thread(), options);
    known = client;
    return client;
  }

 private:
  core::Mutex mutex_;
  using Key = std::pair<std::string, std::optional<std::string>>;
  std::map<Key, std::weak_ptr<HttpClient>> clients_ LIBSQL_GUARDED_BY(mutex_);
};

HttpClients& http_clients() {
  static HttpClients& clients = *std::make_unique<HttpClients>().release();
  return clients;
}

// The contexts of TLS that are in use, by their certificates: to read those takes a tenth of a
// second.
class TlsContexts {
 public:
  std::shared_ptr<boost::asio::ssl::context> get(const std::string& ca_file)
      LIBSQL_EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    std::weak_ptr<boost::asio::ssl::context>& known = contexts_[ca_file];
    if (auto context = known.lock()) return context;
    auto context = std::make_shared<boost::asio::ssl::context>(make_tls_context(ca_file));
    known = context;
    return context;
  }

 private:
  core::Mutex mutex_;
  std::map<std::string, std::weak_ptr<boost::asio::ssl::context>> contexts_
      LIBSQL_GUARDED_BY(mutex_);
};

TlsContexts& tls_contexts() {
  static TlsContexts& contexts = *std::make_unique<TlsContexts>().release();
  return contexts;
}

// The transports over WebSockets that are in use: databases with the same server and the same
// options share one, and so one socket. A function that is asked for tokens is one database's own.
class SocketTransports {
 public:
  // `make` makes one if there is none.
  std::shared_ptr<Transport> get(const Url& url, const RemoteOptions& options, const auto& make)
      LIBSQL_EXCLUDES(mutex_) {
    if (std::holds_alternative<TokenFunction>(options.auth_token)) return make();
    const core::MutexLock lock(mutex_);
    std::erase_if(known_, [](const Known& one) { return one.transport.expired(); });
    for (const Known& one : known_) {
      if (!is_same(one, url, options)) continue;
      if (auto transport = one.transport.lock()) return transport;
    }
    auto transport = make();
    known_.push_back({url, options, transport});
    return transport;
  }

 private:
  struct Known {
    Url url;
    RemoteOptions options;
    std::weak_ptr<Transport> transport;
  };

  static bool is_same(const Known& one, const Url& url, const RemoteOptions& options) {
    const RemoteOptions& known = one.options;
    const auto* const token = std::get_if<AuthToken>(&options.auth_token);
    const auto* const known_token = std::get_if<AuthToken>(&known.auth_token);
    const bool same_token = token == nullptr ? known_token == nullptr
                                             : known_token != nullptr && *token == *known_token;
    // What a session reads by itself (request_timeout) may differ.
    return one.url.same_origin(url) && one.url.path == url.path && same_token &&
           known.encryption_key == options.encryption_key && known.encoding == options.encoding &&
           known.connect_timeout == options.connect_timeout && known.attempts == options.attempts &&
           known.headers == options.headers && known.ca_file == options.ca_file &&
           known.proxy == options.proxy;
  }

  core::Mutex mutex_;
  std::vector<Known> known_ LIBSQL_GUARDED_BY(mutex_);
};

SocketTransports& socket_transports() {
  static SocketTransports& transports = *std::make_unique<SocketTransports>().release();
  return transports;
}

// For what WebSockets do not carry. It must not read certificates: it is made when it is wanted, on
// the thread of a caller that does not wait. `tls` is null for a server without TLS.
std::shared_ptr<HttpClient> client_beside_sockets(std::shared_ptr<boost::asio::ssl::context> tls,
                                                  const ProxySettings& through) {
  if (tls == nullptr) {
    tls = std::make_shared<boost::asio::ssl::context>(boost::asio::ssl::context::tls_client);
    tls->set_verify_mode(boost::asio::ssl::verify_peer);
  }
  HttpClient::Options options;
  options.tls = std::move(tls);
  options.proxies = through;
  return std::make_shared<HttpClient>(io_thread(), options);
}

double draw() {
  thread_local std::mt19937_64 generator{std::random_device{}()};
  return std::uniform_real_distribution<>(0.0, 1.0)(generator);
}

Backoff::Options backoff_of(const RemoteOptions& options) {
  Backoff::Options backoff;
  backoff.attempts = options.attempts;
  return backoff;
}

HttpEnvironment http_environment(const RemoteOptions& options) {
  return {io_thread(), http_clients().get(options), &draw, backoff_of(options)};
}

RemoteOptions with_token_of(const Url& url, const RemoteOptions& options) {
  RemoteOptions result = options;
  if (url.auth_token) result.auth_token = AuthToken(*url.auth_token);
  return result;
}

}  // namespace

std::shared_ptr<Transport> make_transport(const Url& url, const RemoteOptions& options) {
  Url server = url;
  server.auth_token.reset();  // It is copied with every request.
  if (url.protocol == Protocol::web_socket) {
    const RemoteOptions all = with_token_of(url, options);
    return socket_transports().get(server, all, [&] {
      const auto tls = server.tls ? tls_contexts().get(options.ca_file) : nullptr;
      const ProxySettings through = proxies(options);
      return std::make_shared<SocketTransport>(
          server, all,
          SocketEnvironment{
              .io = io_thread(),
              .tls = tls,
              .proxies = through,
              .draw = &draw,
              .backoff = backoff_of(options),
              .socket = {},
              .http_client = [tls, through] { return client_beside_sockets(tls, through); }});
    });
  }
  return std::make_shared<HttpTransport>(std::move(server), with_token_of(url, options),
                                         http_environment(options));
}

std::shared_ptr<HttpOrigin> make_origin(const Url& url, const RemoteOptions& options) {
  Url server = url;
  server.protocol = Protocol::http;
  server.auth_token.reset();
  return std::make_shared<HttpOrigin>(std::move(server), with_token_of(url, options),
                                      http_environment(options));
}

}  // namespace libsql::remote
