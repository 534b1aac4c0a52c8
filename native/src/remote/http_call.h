// One call to a server over HTTP: token, attempts, and the rules for what may be sent again.
#ifndef LIBSQL_REMOTE_HTTP_CALL_H_
#define LIBSQL_REMOTE_HTTP_CALL_H_

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "remote/backoff.h"
#include "remote/http.h"
#include "remote/http_origin.h"
#include "remote/pipeline.h"
#include "remote/stream.h"

#include <boost/asio/steady_timer.hpp>

namespace libsql::remote {

// Ends by stop(), when a subclass has what it wants, or in failed(). Repeats:
//
//   not sent, because the server could not be reached      yes, with Backoff
//   a kept connection had been closed                      once, if repeatable on a new stream
//   429                                                    on a new stream, with Backoff
//   502, 503, 504                                          if repeatable on a new stream
//   404, 405 from a server that may have version 2 only    once, for version 2; which of its
//                                                          dialects, a pipeline of `close` alone
//                                                          tells: 400 or 500 means no streams
//   anything else, which may have run                      no
//
// A failed TLS handshake is final: a certificate does not become valid within a second.
//
// Threads: thread-bound to the I/O thread, except its construction.
class HttpCall : public HttpEvents, public std::enable_shared_from_this<HttpCall> {
 public:
  struct Spec {
    Url server;  // The origin's, or the stream's own (base_url).
    Endpoint endpoint = Endpoint::pipeline;
    std::string query;  // Of the target, from its question mark; or empty.
    std::string body;
    std::optional<OlderBodies> older;  // If they may be needed.
    Deadline deadline;
    bool on_open_stream = false;  // A baton is in the body.
    bool repeatable = false;
  };

  HttpCall(std::shared_ptr<HttpOrigin> origin, Spec spec);

  void begin();
  // Ends it as interrupted, unless it has ended.
  void cancel();

 protected:
  // The head of the answer 200.
  virtual void answered(const HttpHead& /*head*/) {}
  // The body of the answer 200, in pieces. False: pause, until resume().
  [[nodiscard]] virtual bool piece(std::string_view bytes) = 0;
  // The body has ended.
  virtual void complete() = 0;
  // Once, if it ends so. `sent`: some byte of the request has left.
  virtual void failed(const StreamFailure& failure, bool sent) = 0;

  [[nodiscard]] HttpOrigin& origin() const noexcept { return *origin_; }
  [[nodiscard]] const Spec& spec() const noexcept { return spec_; }
  // Of the answer 200.
  [[nodiscard]] Dialect dialect() const noexcept { return dialect_; }
  [[nodiscard]] bool ended() const noexcept { return ended_; }
  void resume(Deadline deadline);
  // Ends it by failed(), and the exchange with it. What may have run is reported so.
  void fail(const Error& error, StreamFailure::Executed executed);
  // For an answer that came and cannot be used.
  void fail_answered(const Error& error) { fail(error, StreamFailure::Executed::unknown); }
  // Ends it well; what is still under way is cancelled.
  void stop();

 private:
  // NOLINTNEXTLINE(bugprone-exception-escape): as finished()
  void head(const HttpHead& head) noexcept override;
  [[nodiscard]] bool body(std::string_view bytes) noexcept override;
  // Without memory it ends the process. NOLINTNEXTLINE(bugprone-exception-escape)
  void finished(const std::optional<HttpFailure>& failure) noexcept override;

  void ask_token();
  void attempt(const std::optional<AuthToken>& token);
  void on_failure(const HttpFailure& failure);
  void on_status();
  // After a wait, if one is left before the deadline. False: none is.
  [[nodiscard]] bool again(std::chrono::milliseconds retry_after);
  [[nodiscard]] bool may_repeat() const noexcept {
    return is_probe_ || (spec_.repeatable && !spec_.on_open_stream);
  }
  // What is sent next. Errors: what a server without streams cannot do.
  [[nodiscard]] std::string body() const;
  [[nodiscard]] bool try_older();
  void learn(Dialect dialect);

  const std::shared_ptr<HttpOrigin> origin_;
  Spec spec_;
  Backoff backoff_;
  boost::asio::steady_timer wait_;
  Dialect dialect_;
  bool is_probe_ = false;  // Under way is the question for the dialect.
  std::optional<HttpClient::ExchangeId> exchange_;
  HttpHead head_;
  std::string error_body_;
  std::optional<Error> first_refusal_;  // Of version 3, while version 2 is tried.
  bool new_connection_ = false;
  bool sent_ = false;
  bool ended_ = false;
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_HTTP_CALL_H_
