// One HTTP exchange, as its user sees it: a request, and the events of its answer.
#ifndef LIBSQL_REMOTE_HTTP_H_
#define LIBSQL_REMOTE_HTTP_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "remote/url.h"

namespace libsql::remote {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  Url url;  // The server; its token is not used.
  std::string method = "POST";
  std::string target;  // With its leading slash, and with url.path where that is wanted.
  HttpHeaders headers;
  std::string body;
  std::chrono::steady_clock::time_point deadline;  // Also while it waits for its turn.
  // How long the connection may take from its turn on, if that ends earlier.
  std::optional<std::chrono::milliseconds> connect_timeout;
  // It waits for no other requests: they may wait for what it does.
  bool at_once = false;
  bool new_connection = false;  // None from the pool.
  bool endless = false;         // The size of the answer is not limited.
};

struct HttpHead {
  int status = 0;
  std::string content_type;
  std::optional<std::chrono::seconds> retry_after;  // Where the server gave a number of seconds.
  // gRPC's status, where it stands among the headers.
  std::optional<std::string> grpc_status;
  std::string grpc_message;
};

struct HttpFailure {
  // How far the exchange came, which decides whether it may be repeated.
  enum class Stage : std::uint8_t {
    not_sent,  // No byte of the request was written.
    stale,     // A reused connection was closed before the first byte of the answer.
    lost,      // Some of the request was written; it may have run.
  };
  enum class Reason : std::uint8_t {
    resolve,    // The host has no address.
    connect,    // Nobody listens there, or the way is closed.
    tls,        // The handshake failed: certificate, host name, protocol.
    network,    // The connection broke.
    malformed,  // The answer is not HTTP.
    too_large,  // The answer's head or body exceeds the limit.
    deadline,
    cancelled,
  };
  Stage stage = Stage::not_sent;
  Reason reason = Reason::network;
  std::string message;  // Holds no header and no body.
};

// Called on the I/O thread. What it throws ends the process.
class HttpEvents {
 public:
  HttpEvents() = default;
  HttpEvents(const HttpEvents&) = delete;
  HttpEvents& operator=(const HttpEvents&) = delete;
  virtual ~HttpEvents() = default;

  // Any status; a redirect is not followed.
  virtual void head(const HttpHead& head) noexcept = 0;
  // A piece of the body, as it arrived. The view holds until the call returns. False: no more is
  // read until HttpClient::resume(), and the deadline rests.
  [[nodiscard]] virtual bool body(std::string_view piece) noexcept = 0;
  // Once, last.
  virtual void finished(const std::optional<HttpFailure>& failure) noexcept = 0;
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_HTTP_H_
