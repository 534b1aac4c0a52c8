#include "server/socket_streams.h"

#include <utility>
#include <variant>

#include "hrana/request_info.h"
#include "server/encoded_error.h"
#include "server/programs.h"

#include <boost/asio/post.hpp>

namespace libsql::server {

namespace {

// As sqld: an eighth of the largest response.
constexpr std::size_t kPortionBytes = 1'250'000;
// Of messages, with the memory of their decoders, about six times a message's size.
constexpr std::size_t kMostSpare = 64;
constexpr std::size_t kMostSpareBytes = 4096;

void require_version(const hrana::Request& request, int version) {
  const auto require = [version](int since) {
    if (since <= version) return;
    throw protocol_error("this request needs version " + std::to_string(since) +
                         " of the protocol");
  };
  require(info_of(type_of(request)).since);
  const auto* const batch = std::get_if<hrana::RunBatch>(&request);
  if (batch == nullptr || version >= 3) return;
  for (const hrana::BatchStep& step : batch->batch.steps) {
    if (step.condition && uses_autocommit(*step.condition)) require(3);
  }
}

}  // namespace

// `stream` is none if it could not be opened; its id stays in use until the client closes it.
struct SocketStreams::Open {
  explicit Open(StreamCount::Place where) : place(std::move(where)) {}

  std::optional<Stream> stream;
  StreamCount::Place place;
  std::optional<std::int32_t> cursor;  // The one that is open.
};

struct SocketStreams::Cursor {
  std::shared_ptr<Open> stream;
  std::shared_ptr<SocketMessage> message;  // With the batch.
  std::optional<BatchRun> run;             // Of the stream's tasks alone, from here on.
  bool done = false;
};

struct SocketStreams::Call {
  std::shared_ptr<SocketMessage> message;
  std::weak_ptr<SocketAnswers> answers;

  [[nodiscard]] hrana::SocketRequest& request() const noexcept { return message->request; }
  template <typename Request>
  [[nodiscard]] const Request& as() const {
    return std::get<Request>(message->request.request);
  }
};

void SocketStreams::start(std::shared_ptr<SocketMessage> message,
                          const std::weak_ptr<SocketAnswers>& answers) {
  using hrana::RequestType;
  require_version(message->request.request, protocol_.version);
  message->texts.resolve(message->request.request, texts_);
  Call call{std::move(message), answers};
  ++under_way_;
  switch (type_of(call.request().request)) {
    case RequestType::open_stream:
      return open_stream(call);
    case RequestType::close_stream:
      return close_stream(std::move(call));
    case RequestType::open_cursor:
      return open_cursor(std::move(call));
    case RequestType::fetch_cursor:
      return fetch_cursor(std::move(call));
    case RequestType::close_cursor:
      return close_cursor(std::move(call));
    case RequestType::store_sql:
      try {
        const auto& store = call.as<hrana::StoreSql>();
        texts_.put(store.sql_id, store.sql);
      } catch (const SqlError& error) {
        return fail(call, error.view());
      }
      return succeed(call);
    case RequestType::close_sql:
      texts_.remove(call.as<hrana::CloseSql>().sql_id);
      return succeed(call);
    case RequestType::execute:
    case RequestType::batch:
    case RequestType::sequence:
    case RequestType::describe:
    case RequestType::get_autocommit:
      return run(std::move(call));
  }
}

std::shared_ptr<SocketMessage> SocketStreams::message() {
  if (spare_.empty()) {
    return std::make_shared<SocketMessage>(
        hrana::make_server_codec(protocol_.encoding, limits_of(services_.options)));
  }
  auto spare = std::move(spare_.back());
  spare_.pop_back();
  return spare;
}

void SocketStreams::recycle(std::shared_ptr<SocketMessage> message) {
  // A cursor keeps its own.
  if (message.use_count() != 1 || spare_.size() >= kMostSpare) return;
  if (message->body.capacity() > kMostSpareBytes) return;
  message->texts.clear();
  spare_.push_back(std::move(message));
}

void SocketStreams::abandon() noexcept {
  for (const auto& [id, cursor] : cursors_) {
    if (!cursor->stream->stream) continue;
    cursor->stream->stream->post(
        [cursor = cursor](SqlSession& /*session*/) { cursor->run.reset(); });
  }
  cursors_.clear();
  for (const auto& [id, open] : streams_) {
    if (open->stream) open->stream->abandon();
  }
  streams_.clear();
}

void SocketStreams::finish(const Call& call, std::string message) {
  const auto answers = call.answers.lock();
  --under_way_;
  if (answers) answers->answered(std::move(message));
}

void SocketStreams::fail(const Call& call, const hrana::ErrorView& error) {
  const auto writer = call.message->codec->write_response(call.request().request_id);
  writer->error(error);
  finish(call, writer->take());
}

void SocketStreams::succeed(const Call& call) {
  const auto writer = call.message->codec->write_response(call.request().request_id);
  writer->begin(type_of(call.request().request), 0);
  writer->end();
  finish(call, writer->take());
}

template <typename Task>
void SocketStreams::post(const std::shared_ptr<Open>& stream, Call call, Task task) {
  stream->stream->post([this, &context = services_.context, kept = stream, call = std::move(call),
                        task = std::move(task)](SqlSession& session) mutable {
    const auto writer = call.message->codec->write_response(call.request().request_id);
    std::optional<RequestRefused> refusal;
    try {
      task(session, *writer);
    } catch (const RequestRefused& error) {
      refusal = error;
    }
    // What was decoded, and perhaps the stream, ends on the I/O thread. This object is there only
    // as long as the WebSocket is.
    boost::asio::post(context, [this, stream = std::move(kept), call = std::move(call), refusal,
                                text = writer->take()]() mutable {
      const auto answers = call.answers.lock();
      if (!answers) return;
      if (refusal) return answers->refused(*refusal);
      --under_way_;
      recycle(std::move(call.message));
      answers->answered(std::move(text));
    });
  });
}

std::shared_ptr<SocketStreams::Open> SocketStreams::stream_of(const Call& call) const {
  const auto found = streams_.find(call.request().stream_id);
  if (found != streams_.end()) return found->second;
  throw protocol_error("no stream is open with the id " + std::to_string(call.request().stream_id));
}

std::shared_ptr<SocketStreams::Cursor> SocketStreams::cursor_of(std::int32_t id) const {
  const auto found = cursors_.find(id);
  if (found != cursors_.end()) return found->second;
  throw protocol_error("no cursor is open with the id " + std::to_string(id));
}

void SocketStreams::open_stream(const Call& call) {
  const std::int32_t id = call.request().stream_id;
  if (streams_.count(id) != 0) {
    throw protocol_error("a stream is open with the id " + std::to_string(id));
  }
  const auto open = std::make_shared<Open>(StreamCount::take(services_.streams));
  streams_[id] = open;
  if (!open->place) {
    return fail(call, {"as many streams are open as may be", "TOO_MANY_STREAMS", {}});
  }
  open->stream.emplace(services_.engine, services_.pool);
  succeed(call);
}

void SocketStreams::close_stream(Call call) {
  const auto open = stream_of(call);
  streams_.erase(call.request().stream_id);
  open->place.reset();  // The client may open another one without waiting for the answer.
  if (!open->stream) return succeed(call);
  std::shared_ptr<Cursor> cursor;
  if (open->cursor) {
    cursor = cursor_of(*open->cursor);
    cursors_.erase(*open->cursor);
  }
  post(open, std::move(call), [cursor](SqlSession& session, hrana::Receiver& out) {
    if (cursor) cursor->run.reset();
    session.close();
    answer(session, hrana::CloseStream(), Access::read_only, out);
  });
}

void SocketStreams::run(Call call) {
  const auto open = stream_of(call);
  if (!open->stream) return fail(call, {"the stream was not opened", "STREAM_NOT_OPEN", {}});
  if (open->cursor) throw protocol_error("a cursor is open on the stream");
  auto request = call.message;
  post(open, std::move(call),
       [message = std::move(request)](SqlSession& session, hrana::Receiver& out) mutable {
         const auto kept = std::move(message);
         answer(session, kept->request.request, kept->access, out);
       });
}

void SocketStreams::open_cursor(Call call) {
  const auto open = stream_of(call);
  const std::int32_t id = call.as<hrana::OpenCursor>().cursor_id;
  if (cursors_.count(id) != 0) {
    throw protocol_error("a cursor is open with the id " + std::to_string(id));
  }
  if (open->cursor) throw protocol_error("a cursor is open on the stream");
  const auto cursor = std::make_shared<Cursor>();
  cursor->stream = open;
  cursor->message = call.message;
  cursors_[id] = cursor;
  if (!open->stream) return fail(call, {"the stream was not opened", "STREAM_NOT_OPEN", {}});
  open->cursor = id;
  post(open, std::move(call), [cursor](SqlSession& session, hrana::Receiver& out) {
    const SocketMessage& message = *cursor->message;
    const auto& request = std::get<hrana::OpenCursor>(message.request.request);
    cursor->run.emplace(session, request.batch, message.access);
    out.begin(hrana::RequestType::open_cursor, 0);
    out.end();
  });
}

void SocketStreams::fetch_cursor(Call call) {
  const auto& request = call.as<hrana::FetchCursor>();
  const auto cursor = cursor_of(request.cursor_id);
  if (!cursor->stream->stream) {
    return fail(call, {"the cursor was not opened", "CURSOR_NOT_OPEN", {}});
  }
  const BatchRun::Portion portion{request.max_count, kPortionBytes};
  post(cursor->stream, std::move(call), [cursor, portion](SqlSession&, hrana::Receiver& out) {
    out.begin(hrana::RequestType::fetch_cursor, 0);
    cursor->done = cursor->done || cursor->run->advance(out, portion);
    out.fetched(cursor->done);
    out.end();
  });
}

void SocketStreams::close_cursor(Call call) {
  const std::int32_t id = call.as<hrana::CloseCursor>().cursor_id;
  const auto cursor = cursor_of(id);
  cursors_.erase(id);
  if (!cursor->stream->stream) return succeed(call);
  cursor->stream->cursor.reset();
  post(cursor->stream, std::move(call), [cursor](SqlSession&, hrana::Receiver& out) {
    cursor->run.reset();
    out.begin(hrana::RequestType::close_cursor, 0);
    out.end();
  });
}

}  // namespace libsql::server
