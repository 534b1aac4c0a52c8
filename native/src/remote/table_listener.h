// Change events of one table over GET /beta/listen: opened, read, and opened again when it breaks.
#ifndef LIBSQL_REMOTE_TABLE_LISTENER_H_
#define LIBSQL_REMOTE_TABLE_LISTENER_H_

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "libsql/error.h"
#include "libsql/listening.h"
#include "remote/backoff.h"
#include "remote/event_stream.h"
#include "remote/http_call.h"
#include "remote/http_origin.h"
#include "remote/stream.h"

#include <boost/asio/steady_timer.hpp>

namespace libsql::remote {

// The first opening is a call with a deadline, whose end is told. After that, whatever breaks the
// connection but a refusal is followed by another attempt, after a wait that grows; so is a silence
// of `kSilence`, three times the interval of sqld's keep-alive comments.
//
// Threads: thread-safe; everything but start() and cancel() happens on the I/O thread.
// Lifetime: keeps itself alive until the listening stops or the server refuses.
class TableListener final : public Cancellable, public std::enable_shared_from_this<TableListener> {
 public:
  static constexpr std::chrono::seconds kSilence{45};

  struct Spec {
    std::string table;
    std::weak_ptr<Listening> listening;
    Deadline deadline;
    // Once, on the I/O thread: null if the server sends events from now on. Must not throw.
    std::function<void(const Error*)> started;
  };

  TableListener(std::shared_ptr<HttpOrigin> origin, Spec spec);

  void start();
  // Ends it; the first opening fails as interrupted.
  void cancel() noexcept override;

 private:
  class ListenCall;

  void open(Deadline deadline);
  void open_later();
  void on_open();
  // False: the bytes are no events.
  [[nodiscard]] bool on_bytes(std::string_view bytes);
  void on_event(const ServerEvent& event);
  void on_end(const Error& error);
  void end();
  void tell(const Event& event) const;
  void answer(const Error* error);

  const std::shared_ptr<HttpOrigin> origin_;
  Spec spec_;
  Backoff backoff_;
  boost::asio::steady_timer wait_;
  std::shared_ptr<ListenCall> call_;
  EventStream events_;
  bool ended_ = false;
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_TABLE_LISTENER_H_
