// The WebSocket that all streams of one server and one token share: opened when it is needed,
// opened again when it was lost, closed when nobody needs it.
#ifndef LIBSQL_REMOTE_SOCKET_HUB_H_
#define LIBSQL_REMOTE_SOCKET_HUB_H_

#include <chrono>
#include <deque>
#include <memory>
#include <optional>

#include "libsql/error.h"
#include "remote/backoff.h"
#include "remote/socket_exchange.h"
#include "remote/socket_link.h"
#include "remote/socket_origin.h"

#include <boost/asio/steady_timer.hpp>

namespace libsql::remote {

// Threads: begin(), cancel(), abandon() and shut_down() are thread-safe and return at once; the
// rest is thread-bound to the I/O thread.
class SocketHub : public SocketLinkOwner, public std::enable_shared_from_this<SocketHub> {
 public:
  explicit SocketHub(std::shared_ptr<SocketOrigin> origin);

  [[nodiscard]] SocketOrigin& origin() const noexcept { return *origin_; }
  [[nodiscard]] const std::shared_ptr<SocketOrigin>& shared_origin() const noexcept {
    return origin_;
  }

  // Asks for the token, and sends the exchange.
  void begin(const std::shared_ptr<SocketExchange>& exchange);
  // Fails it before anything is sent.
  void refuse(const std::shared_ptr<SocketExchange>& exchange, const Error& error);
  void cancel(const std::shared_ptr<SocketExchange>& exchange) noexcept;
  // Closes the cursor that the stream has open.
  void close_cursor(const std::shared_ptr<SocketStreamState>& stream) noexcept;
  // Closes the stream, and cancels what is under way on it.
  void abandon(const std::shared_ptr<SocketStreamState>& stream) noexcept;
  // Nobody uses it any more.
  void shut_down() noexcept;

 private:
  using Executed = StreamFailure::Executed;
  using Code = boost::system::error_code;

  void ask_token(const std::shared_ptr<SocketExchange>& exchange);
  void start(const std::shared_ptr<SocketExchange>& exchange);
  void give_up(const std::shared_ptr<SocketExchange>& exchange, const Error& error);
  // Puts it on the socket, or lets it wait for one.
  void place(const std::shared_ptr<SocketExchange>& exchange);
  void connect();
  void run_waiting();
  void fail_waiting(const Error& error);
  [[nodiscard]] std::chrono::steady_clock::time_point retirement_time() const;
  void retire_later();
  void retire();
  void end_overdue_streams();
  [[nodiscard]] bool somebody_waits();

  void link_opened() override;
  void link_idle(SocketLink& link) override;
  void stream_kept() override;
  void link_refused(const Error& error, bool retry, std::chrono::seconds retry_after) override;
  void link_lost(const SocketLink& link) override;
  void start_again(std::shared_ptr<SocketExchange> exchange) override;

  const std::shared_ptr<SocketOrigin> origin_;
  std::shared_ptr<SocketLink> link_;  // The one that new streams use; it may not be open yet.
  std::deque<std::shared_ptr<SocketExchange>> waiting_;  // For a link.
  std::optional<Backoff> backoff_;                       // Between attempts to open a link.
  boost::asio::steady_timer timer_;                      // For the next attempt.
  boost::asio::steady_timer retirement_;
  std::chrono::steady_clock::time_point idle_since_;  // The link, if it has no streams.
  bool retiring_ = false;                             // Its timer runs.
  boost::asio::steady_timer keeping_;
  bool keeping_streams_ = false;  // Likewise.
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_SOCKET_HUB_H_
