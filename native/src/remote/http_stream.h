// Streams over HTTP: pipelines and cursors, joined by the server's baton.
#ifndef LIBSQL_REMOTE_HTTP_STREAM_H_
#define LIBSQL_REMOTE_HTTP_STREAM_H_

#include <cstdint>
#include <memory>
#include <utility>

#include "core/mutex.h"
#include "remote/http_cursor.h"
#include "remote/http_origin.h"
#include "remote/http_stream_state.h"
#include "remote/stream.h"

namespace libsql::remote {

class HttpStream final : public Stream {
 public:
  explicit HttpStream(std::shared_ptr<HttpOrigin> origin)
      : state_(std::make_shared<HttpStreamState>(std::move(origin))) {}
  HttpStream(const HttpStream&) = delete;
  HttpStream& operator=(const HttpStream&) = delete;
  ~HttpStream() override { state_->abandon(); }

  void send(const Exchange& exchange, std::shared_ptr<Answer> answer) override;
  void open_cursor(const Cursor& cursor, std::shared_ptr<Answer> answer) override
      LIBSQL_EXCLUDES(mutex_);
  void fetch(std::uint32_t max_rows, Deadline deadline, std::shared_ptr<Answer> answer) override
      LIBSQL_EXCLUDES(mutex_);
  void close_cursor() noexcept override LIBSQL_EXCLUDES(mutex_);
  void cancel() noexcept override { state_->cancel(); }

 private:
  const std::shared_ptr<HttpStreamState> state_;
  core::Mutex mutex_;
  std::shared_ptr<HttpCursor> cursor_ LIBSQL_GUARDED_BY(mutex_);
};

class HttpTransport final : public Transport {
 public:
  // Errors: as for HttpOrigin.
  HttpTransport(Url url, const RemoteOptions& options, HttpEnvironment environment)
      : origin_(std::make_shared<HttpOrigin>(std::move(url), options, std::move(environment))) {}

  [[nodiscard]] std::unique_ptr<Stream> open_stream() override {
    return std::make_unique<HttpStream>(origin_);
  }
  [[nodiscard]] boost::asio::io_context& context() const noexcept override {
    return origin_->io().context();
  }
  [[nodiscard]] std::shared_ptr<HttpOrigin> http() override { return origin_; }
  [[nodiscard]] std::optional<int> version() const noexcept override {
    const int version = version_of(origin_->dialect());
    return version == 0 ? std::nullopt : std::optional(version);
  }
  [[nodiscard]] bool has_streams() const noexcept override {
    return origin_->dialect() != Dialect::without_streams;
  }

 private:
  const std::shared_ptr<HttpOrigin> origin_;
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_HTTP_STREAM_H_
