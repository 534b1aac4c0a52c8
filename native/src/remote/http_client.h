// HTTP/1.1 for Hrana: many exchanges at a time on one thread, over connections that are kept.
#ifndef LIBSQL_REMOTE_HTTP_CLIENT_H_
#define LIBSQL_REMOTE_HTTP_CLIENT_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "remote/http.h"
#include "remote/http_connection.h"
#include "remote/io_thread.h"
#include "remote/proxy.h"

#include <boost/asio/ssl/context.hpp>

namespace libsql::remote {

// Threads: thread-safe.
// Lifetime: the I/O thread must outlive it. Exchanges that are still running when it is destroyed
// finish as cancelled, on the I/O thread and perhaps after the destructor.
class HttpClient {
 public:
  struct Options {
    HttpPool::Options pool;
    // Requests under way to one server at a time, but for those that wait for none (HttpRequest).
    // As many as sqld runs; it lets as many again wait.
    std::size_t max_requests_per_server = 128;
    std::string ca_file;  // Certificates beside the system's (PEM); for tests and private servers.
    std::shared_ptr<boost::asio::ssl::context> tls;  // Instead of one that reads certificates.
    ProxySettings proxies;
    std::uint64_t max_body_bytes = std::uint64_t{256} << 20;
  };
  using ExchangeId = std::uint64_t;

  // Errors: cannot_open for the certificates.
  HttpClient(IoThread& io, const Options& options);
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  ~HttpClient();

  // Returns at once; the events come on the I/O thread.
  // Errors: invalid_argument for a control character in a header; the message does not quote it.
  ExchangeId start(HttpRequest request, std::shared_ptr<HttpEvents> events);
  // The exchange finishes as cancelled, and its connection closes, unless it has finished. Returns
  // at once.
  void cancel(ExchangeId id);
  // Goes on reading a body, also one that has paused, until this deadline. Returns at once.
  void resume(ExchangeId id, std::chrono::steady_clock::time_point deadline);

 private:
  struct State;
  std::shared_ptr<State> state_;  // Its other owners are what the I/O thread still has to do.
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_HTTP_CLIENT_H_
