#include "remote/network.h"

#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <utility>

#include "core/mutex.h"
#include "remote/http_stream.h"

namespace libsql::remote {

namespace {

// Never destroyed: whatever still runs at the end of the process may use it.
IoThread& io_thread() {
  static IoThread& thread = *std::make_unique<IoThread>().release();
  return thread;
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
    options.proxies =
        ProxySettings::from_environment([](const char* name) { return std::getenv(name); });
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
  if (url.protocol == Protocol::web_socket) {
    throw Error(ErrorKind::unsupported,
                "WebSockets are not available in this build: use http:, https: or libsql:");
  }
  Backoff::Options backoff;
  backoff.attempts = options.attempts;
  Url server = url;
  server.auth_token.reset();  // It is copied with every request.
  return std::make_shared<HttpTransport>(
      std::move(server), with_token_of(url, options),
      HttpEnvironment{io_thread(), http_clients().get(options.ca_file), &draw, backoff});
}

}  // namespace libsql::remote
