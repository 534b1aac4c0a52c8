// Streams over WebSockets: many on one socket, one socket for a server and its token.
#ifndef LIBSQL_REMOTE_SOCKET_STREAM_H_
#define LIBSQL_REMOTE_SOCKET_STREAM_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "core/mutex.h"
#include "libsql/remote_options.h"
#include "remote/http_origin.h"
#include "remote/socket_hub.h"
#include "remote/socket_stream_state.h"
#include "remote/stream.h"

namespace libsql::remote {

// Keeps the hub going as long as a transport or a stream wants it.
class SocketHubUser {
 public:
  explicit SocketHubUser(std::shared_ptr<SocketOrigin> origin)
      : hub_(std::make_shared<SocketHub>(std::move(origin))) {}
  SocketHubUser(const SocketHubUser&) = delete;
  SocketHubUser& operator=(const SocketHubUser&) = delete;
  ~SocketHubUser() { hub_->shut_down(); }

  [[nodiscard]] SocketHub& hub() const noexcept { return *hub_; }

 private:
  const std::shared_ptr<SocketHub> hub_;  // Its other owners are what the I/O thread has to do.
};

class SocketStream final : public Stream {
 public:
  explicit SocketStream(std::shared_ptr<SocketHubUser> user)
      : user_(std::move(user)), state_(std::make_shared<SocketStreamState>()) {}
  SocketStream(const SocketStream&) = delete;
  SocketStream& operator=(const SocketStream&) = delete;
  ~SocketStream() override;

  void send(const Exchange& exchange, std::shared_ptr<Answer> answer) override;
  void open_cursor(const Cursor& cursor, std::shared_ptr<Answer> answer) override;
  void fetch(std::uint32_t max_rows, Deadline deadline, std::shared_ptr<Answer> answer) override;
  void close_cursor() noexcept override;
  void cancel() noexcept override;

 private:
  // An exchange on the stream, or on a new one, which its first message opens.
  [[nodiscard]] std::shared_ptr<SocketExchange> prepare(SocketExchange::Spec spec,
                                                        std::shared_ptr<Answer> answer);
  // Sends it, after `add` has added its messages.
  void begin(const std::shared_ptr<SocketExchange>& exchange, const auto& add);
  [[nodiscard]] SocketOrigin& origin() const noexcept { return user_->hub().origin(); }

  const std::shared_ptr<SocketHubUser> user_;
  const std::shared_ptr<SocketStreamState> state_;
};

class SocketTransport final : public Transport {
 public:
  // Errors: of SocketOrigin.
  SocketTransport(Url url, const RemoteOptions& options, SocketEnvironment environment);

  [[nodiscard]] std::unique_ptr<Stream> open_stream() override;
  [[nodiscard]] boost::asio::io_context& context() const noexcept override {
    return origin().context();
  }
  // Made when it is first asked for.
  [[nodiscard]] std::shared_ptr<HttpOrigin> http() override LIBSQL_EXCLUDES(mutex_);
  [[nodiscard]] std::optional<int> version() const noexcept override;
  // For tests: what is in use.
  [[nodiscard]] SocketOrigin& origin() const noexcept { return user_->hub().origin(); }

 private:
  const RemoteOptions options_;
  const std::shared_ptr<SocketHubUser> user_;
  core::Mutex mutex_;
  std::shared_ptr<HttpOrigin> http_ LIBSQL_GUARDED_BY(mutex_);
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_SOCKET_STREAM_H_
