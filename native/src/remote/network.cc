#include "remote/network.h"

#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <utility>

#include "core/mutex.h"
#include "remote/http_stream.h"
#include "remote/socket_stream.h"
#include "remote/tls.h"

namespace libsql::remote {

namespace {

// Never destroyed: whatever still runs at the end of the process may use it.
IoThread& io_thread() {
  static IoThread& thread = *std::make_unique<IoThread>().release();
  return thread;
}

ProxySettings proxies() {
  return ProxySettings::from_environment([](const char* name) { return std::getenv(name); });
}

// The clients that are in use, by their certificates.
class HttpClients {
 public:
  std::shared_ptr<HttpClient> get(const std::string& ca_file) LIBSQL_EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    std::weak_ptr<HttpClient>& known = clients_[ca_file];
    if (auto client = known.lock()) return client;
    HttpClient::Options options;
    options.ca_file = ca_file;
    // A pool of as many connections keeps its sockets.
    options.pool.max_idle_per_server = 64;
    options.proxies = proxies();
    auto client = std::make_shared<HttpClient>(io_thread(), options);
    known = client;
    return client;
  }

 private:
  core::Mutex mutex_;
  std::map<std::string, std::weak_ptr<HttpClient>> clients_ LIBSQL_GUARDED_BY(mutex_);
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

double draw() {
  thread_local std::mt19937_64 generator{std::random_device{}()};
  return std::uniform_real_distribution<>(0.0, 1.0)(generator);
}

RemoteOptions with_token_of(const Url& url, const RemoteOptions& options) {
  RemoteOptions result = options;
  if (url.auth_token) result.auth_token = AuthToken(*url.auth_token);
  return result;
}

}  // namespace

std::shared_ptr<Transport> make_transport(const Url& url, const RemoteOptions& options) {
  Backoff::Options backoff;
  backoff.attempts = options.attempts;
  Url server = url;
  server.auth_token.reset();  // It is copied with every request.
  if (url.protocol == Protocol::web_socket) {
    return std::make_shared<SocketTransport>(
        std::move(server), with_token_of(url, options),
        SocketEnvironment{io_thread(),
                          url.tls ? tls_contexts().get(options.ca_file) : nullptr,
                          proxies(),
                          &draw,
                          backoff,
                          {}});
  }
  return std::make_shared<HttpTransport>(
      std::move(server), with_token_of(url, options),
      HttpEnvironment{io_thread(), http_clients().get(options.ca_file), &draw, backoff});
}

}  // namespace libsql::remote
