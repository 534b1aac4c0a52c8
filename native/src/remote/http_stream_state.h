// What the server has said last about a stream over HTTP, and what is under way on it.
#ifndef LIBSQL_REMOTE_HTTP_STREAM_STATE_H_
#define LIBSQL_REMOTE_HTTP_STREAM_STATE_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/mutex.h"
#include "remote/http_call.h"
#include "remote/http_origin.h"

namespace libsql::remote {

// Threads: thread-safe.
class HttpStreamState : public std::enable_shared_from_this<HttpStreamState> {
 public:
  explicit HttpStreamState(std::shared_ptr<HttpOrigin> origin) : origin_(std::move(origin)) {}

  [[nodiscard]] const std::shared_ptr<HttpOrigin>& origin() const noexcept { return origin_; }

  // Where the next call goes. Each baton is used once: it is taken out.
  struct Place {
    std::optional<std::string> baton;
    Url server;
  };
  [[nodiscard]] Place take() LIBSQL_EXCLUDES(mutex_);
  // It was not used after all.
  void give_back(std::optional<std::string> baton) LIBSQL_EXCLUDES(mutex_);
  // What is under way from now on.
  void begin(std::shared_ptr<HttpCall> call) LIBSQL_EXCLUDES(mutex_);
  // The head of an answer. False if the base_url is none.
  [[nodiscard]] bool set_head(std::optional<std::string> baton,
                              const std::optional<std::string>& base_url) LIBSQL_EXCLUDES(mutex_);
  // What was under way has ended. Closes the stream at the server if nobody wants it any more.
  // Returns whether the server keeps it.
  bool end() LIBSQL_EXCLUDES(mutex_);
  // The same if it is `call`.
  void end(const HttpCall& call) LIBSQL_EXCLUDES(mutex_);
  // The same after a failure: the stream is closed, with its baton if that was not used.
  void fail(std::optional<std::string> unused) LIBSQL_EXCLUDES(mutex_);
  // Cancels what is under way.
  void cancel() noexcept LIBSQL_EXCLUDES(mutex_);
  // Closes the stream now, or when what is under way has been cancelled.
  void abandon() noexcept LIBSQL_EXCLUDES(mutex_);

 private:
  void close_at_server() LIBSQL_REQUIRES(mutex_);
  void cancel_current() LIBSQL_REQUIRES(mutex_);

  const std::shared_ptr<HttpOrigin> origin_;
  core::Mutex mutex_;
  std::optional<std::string> baton_ LIBSQL_GUARDED_BY(mutex_);
  std::optional<Url> base_url_ LIBSQL_GUARDED_BY(mutex_);
  std::shared_ptr<HttpCall> current_ LIBSQL_GUARDED_BY(mutex_);
  bool abandoned_ LIBSQL_GUARDED_BY(mutex_) = false;
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_HTTP_STREAM_STATE_H_
