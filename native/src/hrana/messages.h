// The requests of Hrana 1 to 3, as values: what a client encodes and a server decodes.
//
// One list of requests serves both transports. Over HTTP a request belongs to the stream of its
// pipeline; over a WebSocket it carries the stream's id beside it (SocketRequest).
#ifndef LIBSQL_HRANA_MESSAGES_H_
#define LIBSQL_HRANA_MESSAGES_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "hrana/condition.h"
#include "libsql/value.h"

namespace libsql::hrana {

// All texts and values are borrowed: from the caller for an encoder, from the received buffer and
// its decoder for what a decoder returns (codec.h says until when).
using OptionalText = std::optional<std::string_view>;

// The text of a statement, or the id under which store_sql stored it.
using SqlSource = std::variant<std::string_view, std::int32_t>;

struct NamedArg {
  std::string_view name;  // With or without its prefix.
  ValueView value;
};

struct Stmt {
  SqlSource sql;
  std::vector<ValueView> args;
  std::vector<NamedArg> named_args;
  bool want_rows = true;
  // sqld: a replica waits until it has reached this position.
  std::optional<std::uint64_t> replication_index;
};

struct BatchStep {
  std::optional<Condition> condition;
  Stmt stmt;
};

struct Batch {
  std::vector<BatchStep> steps;
  std::optional<std::uint64_t> replication_index;
};

// The requests. The comments name the first version that has each.
struct OpenStream {};   // 1, WebSocket only
struct CloseStream {};  // 1; "close" over HTTP
struct Execute {
  Stmt stmt;
};  // 1
struct RunBatch {
  Batch batch;
};  // 1
struct OpenCursor {
  std::int32_t cursor_id = 0;
  Batch batch;
};  // 3, WebSocket only
struct CloseCursor {
  std::int32_t cursor_id = 0;
};  // 3, WebSocket only
struct FetchCursor {
  std::int32_t cursor_id = 0;
  std::uint32_t max_count = 0;
};  // 3, WebSocket only
struct Sequence {
  SqlSource sql;
  std::optional<std::uint64_t> replication_index;
};  // 2
struct Describe {
  SqlSource sql;
  std::optional<std::uint64_t> replication_index;
};  // 2
struct StoreSql {
  std::int32_t sql_id = 0;
  std::string_view sql;
};  // 2
struct CloseSql {
  std::int32_t sql_id = 0;
};                        // 2
struct GetAutocommit {};  // 3

// The alternatives stand in the order of RequestType.
using Request = std::variant<OpenStream, CloseStream, Execute, RunBatch, OpenCursor, CloseCursor,
                             FetchCursor, Sequence, Describe, StoreSql, CloseSql, GetAutocommit>;

enum class RequestType : std::uint8_t {
  open_stream,
  close_stream,
  execute,
  batch,
  open_cursor,
  close_cursor,
  fetch_cursor,
  sequence,
  describe,
  store_sql,
  close_sql,
  get_autocommit,
};

[[nodiscard]] RequestType type_of(const Request& request) noexcept;

// POST …/pipeline
struct PipelineRequest {
  OptionalText baton;
  std::vector<Request> requests;
};

// POST …/cursor
struct CursorRequest {
  OptionalText baton;
  Batch batch;
};

// The head of the answers to both: how the stream goes on.
struct StreamHead {
  OptionalText baton;     // None: the stream is closed.
  OptionalText base_url;  // None: stay at this URL.
};

// What a WebSocket client sends.
struct Hello {
  OptionalText jwt;  // A secret: never logged.
};
struct SocketRequest {
  std::int32_t request_id = 0;
  std::int32_t stream_id = 0;  // 0 for a request that has none (RequestInfo::on_stream).
  Request request;
};
using ClientMessage = std::variant<Hello, SocketRequest>;

}  // namespace libsql::hrana

#endif  // LIBSQL_HRANA_MESSAGES_H_
