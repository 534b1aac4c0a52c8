// Decodes requests. Fields come in any order; the last of several wins.
#include "hrana/protobuf_reader.h"
#include "hrana/protobuf_requests.h"
#include "hrana/request_info.h"
#include "hrana/request_rules.h"

namespace libsql::hrana::protobuf {
namespace {

// The requests that are an id, and perhaps a text.
struct Plain {
  std::int32_t id = 0;  // cursor_id or sql_id.
  OptionalText sql;
};

class RequestReader {
 public:
  RequestReader(const Limits& limits, Transport transport)
      : limits_(limits),
        transport_(transport),
        elements_(limits),
        shift_(transport == Transport::socket ? 1 : 0) {}

  Request content(RequestType type, std::string_view message);
  Request stream_request(std::string_view message);
  Batch batch(std::string_view message);
  void count(std::string_view member) { elements_.add(member); }

  [[nodiscard]] std::int32_t stream_id() const noexcept { return stream_id_; }

 private:
  Execute execute(std::string_view message);
  RunBatch run_batch(std::string_view message);
  OpenCursor open_cursor(std::string_view message);
  Plain with_id(std::string_view message);
  template <typename T>
  T from_source(std::string_view message);
  void read_stream_id(std::string_view message);
  Stmt stmt(std::string_view message);
  NamedArg named_arg(std::string_view message);
  BatchStep step(std::string_view message, std::size_t index);
  Condition condition(std::string_view message, std::size_t depth);
  std::vector<Condition> conditions(std::string_view message, std::size_t depth);

  const Limits& limits_;
  Transport transport_;
  ElementCount elements_;
  std::uint32_t shift_;  // Fields stand behind a stream_id.
  std::int32_t stream_id_ = 0;
};

Request RequestReader::content(RequestType type, std::string_view message) {
  if (transport_ == Transport::socket && info_of(type).on_stream) read_stream_id(message);
  switch (type) {
    case RequestType::open_stream:
      return OpenStream{};
    case RequestType::close_stream:
      return CloseStream{};
    case RequestType::execute:
      return execute(message);
    case RequestType::batch:
      return run_batch(message);
    case RequestType::open_cursor:
      return open_cursor(message);
    case RequestType::close_cursor:
      return CloseCursor{with_id(message).id};
    case RequestType::fetch_cursor: {
      FetchCursor fetch;
      for (Fields fields(message); fields.next();) {
        switch (fields.number()) {
          case 1:
            fetch.cursor_id = fields.int32("cursor_id");
            break;
          case 2:
            fetch.max_count = fields.uint32("max_count");
            break;
          default:
            fields.skip();
        }
      }
      return fetch;
    }
    case RequestType::sequence:
      return from_source<Sequence>(message);
    case RequestType::describe:
      return from_source<Describe>(message);
    case RequestType::store_sql: {
      const Plain plain = with_id(message);
      return StoreSql{plain.id, plain.sql.value_or("")};
    }
    case RequestType::close_sql:
      return CloseSql{with_id(message).id};
    case RequestType::get_autocommit:
      break;
  }
  return GetAutocommit{};
}

void RequestReader::read_stream_id(std::string_view message) {
  for (Fields fields(message); fields.next();) {
    if (fields.number() == 1) {
      stream_id_ = fields.int32("stream_id");
    } else {
      fields.skip();
    }
  }
}

Request RequestReader::stream_request(std::string_view message) {
  std::optional<Request> result;
  for (Fields fields(message); fields.next();) {
    const RequestInfo* const info = find_request(Transport::http, fields.number());
    if (info == nullptr) {
      fields.skip();
    } else {
      result = content(info->type, fields.message(info->http_name));
    }
  }
  if (!result) throw Malformed(Fault::unknown_type, "request", "is of no known type");
  return std::move(*result);
}

Execute RequestReader::execute(std::string_view message) {
  Execute result;
  std::optional<std::uint64_t> index;
  bool has_stmt = false;
  for (Fields fields(message); fields.next();) {
    if (fields.number() == 1 + shift_) {
      has_stmt = true;
      result.stmt = stmt(fields.message("stmt"));
    } else if (fields.number() == 3 && transport_ == Transport::socket) {
      index = fields.uint64("replication_index");
    } else {
      fields.skip();
    }
  }
  if (!has_stmt) throw Malformed(Fault::missing, "stmt", "is missing");
  if (index) result.stmt.replication_index = index;
  return result;
}

RunBatch RequestReader::run_batch(std::string_view message) {
  std::optional<Batch> result;
  for (Fields fields(message); fields.next();) {
    if (fields.number() == 1 + shift_) {
      result = batch(fields.message("batch"));
    } else {
      fields.skip();
    }
  }
  if (!result) throw Malformed(Fault::missing, "batch", "is missing");
  return {std::move(*result)};
}

OpenCursor RequestReader::open_cursor(std::string_view message) {
  OpenCursor result;
  bool has_batch = false;
  for (Fields fields(message); fields.next();) {
    switch (fields.number()) {
      case 2:
        result.cursor_id = fields.int32("cursor_id");
        break;
      case 3:
        has_batch = true;
        result.batch = batch(fields.message("batch"));
        break;
      default:
        fields.skip();
    }
  }
  if (!has_batch) throw Malformed(Fault::missing, "batch", "is missing");
  return result;
}

// 1 is an id, 2 a text.
Plain RequestReader::with_id(std::string_view message) {
  Plain result;
  for (Fields fields(message); fields.next();) {
    switch (fields.number()) {
      case 1:
        result.id = fields.int32("id");
        break;
      case 2:
        result.sql = fields.text("sql");
        break;
      default:
        fields.skip();
    }
  }
  return result;
}

template <typename T>
T RequestReader::from_source(std::string_view message) {
  T result;
  OptionalText sql;
  std::optional<std::int32_t> sql_id;
  for (Fields fields(message); fields.next();) {
    if (fields.number() == 1 + shift_) {
      sql = fields.text("sql");
    } else if (fields.number() == 2 + shift_) {
      sql_id = fields.int32("sql_id");
    } else if (fields.number() == 3 + shift_) {
      result.replication_index = fields.uint64("replication_index");
    } else {
      fields.skip();
    }
  }
  result.sql = choose_source(sql, sql_id);
  return result;
}

Stmt RequestReader::stmt(std::string_view message) {
  Stmt result;
  OptionalText sql;
  std::optional<std::int32_t> sql_id;
  for (Fields fields(message); fields.next();) {
    switch (fields.number()) {
      case 1:
        sql = fields.text("sql");
        break;
      case 2:
        sql_id = fields.int32("sql_id");
        break;
      case 3:
        elements_.add("args");
        result.args.push_back(read_value(fields.message("args")));
        break;
      case 4:
        elements_.add("named_args");
        result.named_args.push_back(named_arg(fields.message("named_args")));
        break;
      case 5:
        result.want_rows = fields.boolean("want_rows");
        break;
      case 6:
        result.replication_index = fields.uint64("replication_index");
        break;
      default:
        fields.skip();
    }
  }
  result.sql = choose_source(sql, sql_id);
  return result;
}

NamedArg RequestReader::named_arg(std::string_view message) {
  NamedArg result;
  bool has_value = false;
  for (Fields fields(message); fields.next();) {
    switch (fields.number()) {
      case 1:
        result.name = fields.text("name");
        break;
      case 2:
        has_value = true;
        result.value = read_value(fields.message("value"));
        break;
      default:
        fields.skip();
    }
  }
  if (!has_value) throw Malformed(Fault::missing, "value", "is missing");
  return result;
}

Batch RequestReader::batch(std::string_view message) {
  Batch result;
  for (Fields fields(message); fields.next();) {
    switch (fields.number()) {
      case 1:
        elements_.add("steps");
        result.steps.push_back(step(fields.message("steps"), result.steps.size()));
        break;
      case 2:
        result.replication_index = fields.uint64("replication_index");
        break;
      default:
        fields.skip();
    }
  }
  return result;
}

BatchStep RequestReader::step(std::string_view message, std::size_t index) {
  BatchStep result;
  bool has_stmt = false;
  for (Fields fields(message); fields.next();) {
    switch (fields.number()) {
      case 1:
        result.condition = condition(fields.message("condition"), 1);
        break;
      case 2:
        has_stmt = true;
        result.stmt = stmt(fields.message("stmt"));
        break;
      default:
        fields.skip();
    }
  }
  if (!has_stmt) throw Malformed(Fault::missing, "stmt", "is missing");
  require_references_back(result, index);
  return result;
}

// NOLINTBEGIN(misc-no-recursion): the depth is bounded
Condition RequestReader::condition(std::string_view message, std::size_t depth) {
  elements_.add("condition");
  require_depth(depth, limits_);
  std::optional<Condition> result;
  for (Fields fields(message); fields.next();) {
    switch (fields.number()) {
      case 1:
        result = Condition::ok(fields.uint32("step_ok"));
        break;
      case 2:
        result = Condition::error(fields.uint32("step_error"));
        break;
      case 3:
        result = Condition::negation(condition(fields.message("not"), depth + 1));
        break;
      case 4:
        result = Condition::all(conditions(fields.message("and"), depth + 1));
        break;
      case 5:
        result = Condition::any(conditions(fields.message("or"), depth + 1));
        break;
      case 6:
        static_cast<void>(fields.message("is_autocommit"));
        result = Condition::is_autocommit();
        break;
      default:
        fields.skip();
    }
  }
  if (!result) throw Malformed(Fault::unknown_type, "condition", "is of no known type");
  return std::move(*result);
}

std::vector<Condition> RequestReader::conditions(std::string_view message, std::size_t depth) {
  std::vector<Condition> result;
  for (Fields fields(message); fields.next();) {
    if (fields.number() == 1) {
      result.push_back(condition(fields.message("conds"), depth));
    } else {
      fields.skip();
    }
  }
  return result;
}
// NOLINTEND(misc-no-recursion)

Hello read_hello(std::string_view message) {
  Hello result;
  for (Fields fields(message); fields.next();) {
    if (fields.number() == 1) {
      result.jwt = fields.text("jwt");
    } else {
      fields.skip();
    }
  }
  return result;
}

SocketRequest read_socket_request(std::string_view message, const Limits& limits) {
  SocketRequest result;
  RequestReader reader(limits, Transport::socket);
  bool has_request = false;
  for (Fields fields(message); fields.next();) {
    const RequestInfo* const info = find_request(Transport::socket, fields.number());
    if (info != nullptr) {
      has_request = true;
      result.request = reader.content(info->type, fields.message(info->socket_name));
      result.stream_id = info->on_stream ? reader.stream_id() : 0;
    } else if (fields.number() == 1) {
      result.request_id = fields.int32("request_id");
    } else {
      fields.skip();
    }
  }
  if (!has_request) throw Malformed(Fault::unknown_type, "request", "is of no known type");
  return result;
}

}  // namespace

PipelineRequest read_pipeline(std::string_view message, const Limits& limits) {
  PipelineRequest result;
  RequestReader reader(limits, Transport::http);
  for (Fields fields(message); fields.next();) {
    switch (fields.number()) {
      case 1:
        result.baton = fields.text("baton");
        break;
      case 2:
        reader.count("requests");
        result.requests.push_back(reader.stream_request(fields.message("requests")));
        break;
      default:
        fields.skip();
    }
  }
  return result;
}

CursorRequest read_cursor(std::string_view message, const Limits& limits) {
  CursorRequest result;
  RequestReader reader(limits, Transport::http);
  bool has_batch = false;
  for (Fields fields(message); fields.next();) {
    switch (fields.number()) {
      case 1:
        result.baton = fields.text("baton");
        break;
      case 2:
        has_batch = true;
        result.batch = reader.batch(fields.message("batch"));
        break;
      default:
        fields.skip();
    }
  }
  if (!has_batch) throw Malformed(Fault::missing, "batch", "is missing");
  return result;
}

ClientMessage read_client_message(std::string_view message, const Limits& limits) {
  std::optional<ClientMessage> result;
  for (Fields fields(message); fields.next();) {
    switch (fields.number()) {
      case 1:
        result = read_hello(fields.message("hello"));
        break;
      case 2:
        result = read_socket_request(fields.message("request"), limits);
        break;
      default:
        fields.skip();
    }
  }
  if (!result) throw Malformed(Fault::unknown_type, "message", "is of no known type");
  return std::move(*result);
}

}  // namespace libsql::hrana::protobuf
