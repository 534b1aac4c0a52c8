// One HTTP exchange that its caller waits for, on a thread of its own: for answers of any size, of
// which no more than a megabyte is in memory.
#ifndef LIBSQL_REMOTE_DOWNLOAD_H_
#define LIBSQL_REMOTE_DOWNLOAD_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "libsql/remote_options.h"
#include "remote/backoff.h"
#include "remote/http.h"

namespace libsql::remote {

class HttpOrigin;

// How the caller of a Download waits.
struct Patience {
  // Without a byte from the server.
  std::chrono::milliseconds idle{30'000};
  // Called every 50 ms while waiting, without locks held; what it throws ends the download.
  std::function<void()> waiting;

  // Waits. Errors: what `waiting` throws.
  void pause(std::chrono::milliseconds time) const;
};

// Repeats the request until the head of an answer has come: it must do no harm twice.
//
//   not sent, a kept connection had been closed, 429, 502, 503, 504     yes, with Backoff
//   anything else                                                      no
//
// Errors of all: those of the way to the server, of the token; timeout; what Patience throws.
// Threads: thread-compatible; on the I/O thread only what waits for nothing.
class Download {
 public:
  struct Request {
    std::string method = "POST";
    std::string target;  // With its leading slash, behind the path of the server's URL.
    HttpHeaders headers;
    std::string body;
    // The token is sent under this name as well.
    std::string token_header = {};
    [[nodiscard]] bool operator==(const Request&) const = default;
  };

  // Sends nothing yet. `patience` outlives it.
  Download(std::shared_ptr<HttpOrigin> origin, Request request, const Patience& patience);
  Download(const Download&) = delete;
  Download& operator=(const Download&) = delete;
  // Cancels what is under way.
  ~Download();

  // Sends the request, so that several downloads wait at the same time. Waits for the token only,
  // and only if a function gives it.
  void send();
  // Waits for the head of the answer, having sent the request if that has not been done.
  [[nodiscard]] const HttpHead& head();
  // What of the body has come since the last call, after the head; empty at the end. Valid until
  // the next call.
  [[nodiscard]] std::string_view read();
  // What is left of the body. Errors also: too_big beyond `most` bytes.
  [[nodiscard]] std::string read_all(std::size_t most);

 private:
  class Channel;

  [[nodiscard]] std::optional<AuthToken> ask_token() const;
  void attempt();
  // Waits between two attempts. False: none is left.
  [[nodiscard]] bool again(std::chrono::milliseconds least);
  void stop() noexcept;
  void check_idle(std::chrono::steady_clock::time_point since) const;

  const std::shared_ptr<HttpOrigin> origin_;
  const Request request_;
  const Patience& patience_;
  Backoff backoff_;
  std::shared_ptr<Channel> channel_;
  std::optional<std::uint64_t> exchange_;  // HttpClient::ExchangeId
  bool new_connection_ = false;
  bool is_sent_ = false;  // And nobody has waited for the answer.
  HttpHead head_;
  std::string piece_;
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_DOWNLOAD_H_
