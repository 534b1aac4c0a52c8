// A session with a server: core::Session over streams.
#ifndef LIBSQL_REMOTE_SESSION_H_
#define LIBSQL_REMOTE_SESSION_H_

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

#include "core/session.h"
#include "remote/session_core.h"
#include "remote/stream.h"

namespace libsql::remote {

// Every request answers Started::finished, if it needs nothing of the server, or Started::pending:
// no call blocks. A request that is started while another one is pending waits for its end.
//
// Threads: as core::Session; answers come on the I/O thread.
class RemoteSession final : public core::Session {
 public:
  // `observer` is told of what the session commits.
  RemoteSession(std::shared_ptr<Transport> transport, std::chrono::milliseconds request_timeout,
                std::shared_ptr<WriteObserver> observer = nullptr);
  RemoteSession(const RemoteSession&) = delete;
  RemoteSession& operator=(const RemoteSession&) = delete;
  ~RemoteSession() override { core_->close(); }

  void close() noexcept override { core_->close(); }
  [[nodiscard]] bool is_open() const noexcept override { return core_->is_open(); }

  [[nodiscard]] bool answers_later() const noexcept override { return true; }
  Started start(const Request& request, const Limits& limits, Receiver& receiver) override {
    return core_->start(request, limits, receiver);
  }
  void cancel(const Receiver& receiver) noexcept override { core_->cancel(receiver); }
  void interrupt() noexcept override { core_->interrupt(); }
  [[nodiscard]] SessionState state() const override { return core_->state(); }
  [[nodiscard]] bool read_only() const override { return core_->read_only(); }
  void set_deadline(std::optional<std::chrono::steady_clock::time_point> deadline) override {
    core_->set_deadline(deadline);
  }
  [[nodiscard]] std::optional<int> protocol_version() const override {
    return core_->protocol_version();
  }

  // Sends nothing: the server compiles what it runs.
  [[nodiscard]] std::unique_ptr<core::PreparedStatement> prepare(std::string_view sql,
                                                                 core::PrepareMode mode,
                                                                 std::string_view* tail) override;
  void give_back(std::unique_ptr<core::PreparedStatement> statement) noexcept override;

 private:
  const std::shared_ptr<SessionCore> core_;
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_SESSION_H_
