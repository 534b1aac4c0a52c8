// The streams, cursors and stored texts of one WebSocket, and the requests on them.
#ifndef LIBSQL_SERVER_SOCKET_STREAMS_H_
#define LIBSQL_SERVER_SOCKET_STREAMS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hrana/codec.h"
#include "hrana/subprotocol.h"
#include "server/batch_run.h"
#include "server/failures.h"
#include "server/services.h"
#include "server/sql_store.h"
#include "server/stream.h"

namespace libsql::server {

// Where answers go.
//
// Threads: thread-bound, to the I/O thread.
class SocketAnswers {
 public:
  SocketAnswers() = default;
  SocketAnswers(const SocketAnswers&) = delete;
  SocketAnswers& operator=(const SocketAnswers&) = delete;
  virtual ~SocketAnswers() = default;

  // One request has been answered.
  virtual void answered(std::string message) = 0;
  // A request that ran has ended the WebSocket.
  virtual void refused(const RequestRefused& error) = 0;
};

// A message and what was decoded from it, which points into it.
struct SocketMessage {
  std::string body;
  const std::unique_ptr<hrana::ServerCodec> codec;
  hrana::SocketRequest request;
  ResolvedSql texts;
  Access access = Access::read_only;

  explicit SocketMessage(std::unique_ptr<hrana::ServerCodec> own) : codec(std::move(own)) {}
};

// Threads: thread-bound, to the I/O thread.
class SocketStreams {
 public:
  SocketStreams(Services& services, const hrana::Subprotocol& protocol)
      : services_(services), protocol_(protocol) {}
  SocketStreams(const SocketStreams&) = delete;
  SocketStreams& operator=(const SocketStreams&) = delete;
  ~SocketStreams() { abandon(); }

  // For the next request: one whose request has been answered, or a new one.
  [[nodiscard]] std::shared_ptr<SocketMessage> message();

  // Starts one request, whose answer goes to `answers`, within this call or later; they are gone by
  // then if the WebSocket is. Ids of stored texts mean what they mean now.
  // Errors: RequestRefused for what the protocol does not allow.
  void start(std::shared_ptr<SocketMessage> message, const std::weak_ptr<SocketAnswers>& answers);
  // Requests that have no answer yet.
  [[nodiscard]] std::size_t under_way() const noexcept { return under_way_; }
  // The client has gone: everything rolls back.
  void abandon() noexcept;

 private:
  struct Open;  // A stream.
  struct Cursor;
  struct Call;  // A request, and what its answer needs.

  void open_stream(const Call& call);
  void close_stream(Call call);
  void run(Call call);
  void open_cursor(Call call);
  void fetch_cursor(Call call);
  void close_cursor(Call call);
  [[nodiscard]] std::shared_ptr<Open> stream_of(const Call& call) const;
  [[nodiscard]] std::shared_ptr<Cursor> cursor_of(std::int32_t id) const;
  // Answers without a stream.
  void finish(const Call& call, std::string message);
  void fail(const Call& call, const hrana::ErrorView& error);
  void succeed(const Call& call);
  // Runs `task`, which writes an answer, in the stream's queue.
  template <typename Task>
  void post(const std::shared_ptr<Open>& stream, Call call, Task task);
  // Its request has been answered.
  void recycle(std::shared_ptr<SocketMessage> message);

  Services& services_;
  const hrana::Subprotocol protocol_;
  std::map<std::int32_t, std::shared_ptr<Open>> streams_;
  std::map<std::int32_t, std::shared_ptr<Cursor>> cursors_;
  SqlStore texts_{SqlStore::kSocket};
  std::size_t under_way_ = 0;
  std::vector<std::shared_ptr<SocketMessage>> spare_;
};

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_SOCKET_STREAMS_H_
