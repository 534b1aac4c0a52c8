// The messages of the service wal_log.ReplicationLog, "V1": what sqld's primaries serve.
#ifndef LIBSQL_REPLICA_REPLICATION_LOG_H_
#define LIBSQL_REPLICA_REPLICATION_LOG_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "replica/chunks.h"
#include "replica/page.h"

namespace libsql::replica {

// Errors of all that follows: hrana::Malformed.

// What a frame of the log says. Views hold for the call.
struct LogFrame {
  std::uint64_t number = 0;
  PageNumber page = 0;
  std::uint32_t size_after = 0;  // not 0: ends a transaction
  ConstBytes image;
};

// What the primary is, and how far.
struct Hello {
  std::string log_id;
  std::string session_token;
  std::optional<std::uint64_t> head;  // the last frame's number; nothing if the log is empty
};

// HelloRequest with handshake version 1, and LogOffset: messages without gRPC's prefix.
[[nodiscard]] std::string hello_request();
[[nodiscard]] std::string log_offset(std::uint64_t next_frame);

[[nodiscard]] Hello read_hello(std::string_view message);
// A message `Frame`, as Snapshot() sends them.
[[nodiscard]] LogFrame read_log_frame(std::string_view message);

// Reads the one message `Frames` that answers BatchLogEntries(), while it arrives: it may hold a
// whole database.
// Threads: thread-compatible.
class FramesReader {
 public:
  void feed(std::string_view bytes, const std::function<void(const LogFrame&)>& frame);
  // The message has ended. Errors also: truncated.
  void finish() const;

 private:
  enum class State : std::uint8_t { tag, length, frame };

  State state_ = State::tag;
  Chunks chunks_;
  std::size_t length_ = 0;
};

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_REPLICATION_LOG_H_
