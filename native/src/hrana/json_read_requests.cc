// Decodes requests, leniently where peers differ: null counts as absent, members come in any order.
#include "hrana/json_requests.h"
#include "hrana/request_rules.h"

namespace libsql::hrana::json {
namespace {

// Either `sql` or `sql_id`, whichever order they come in.
class SourceMembers {
 public:
  // True if the member was one of the two.
  bool take(Reader& reader, ondemand::field& field, ondemand::raw_json_string key) {
    if (key == "sql") {
      text_ = reader.optional_text("sql", field.value());
      return true;
    }
    if (key != "sql_id") return false;
    if (!Reader::is_null(field.value())) id_ = reader.int32("sql_id", field.value());
    return true;
  }
  [[nodiscard]] SqlSource get() const { return choose_source(text_, id_); }

 private:
  OptionalText text_;
  std::optional<std::int32_t> id_;
};

class RequestReader {
 public:
  RequestReader(Reader& reader, Transport transport)
      : reader_(reader), transport_(transport), elements_(reader.limits()) {}

  Request request(ondemand::object& object, std::int32_t* stream_id);
  std::vector<Request> requests(ondemand::value value);
  Batch batch(ondemand::value value);

 private:
  Request content(RequestType type, ondemand::object& object);
  Execute execute(ondemand::object& object);
  Stmt stmt(ondemand::value value);
  std::vector<ValueView> args(ondemand::value value);
  std::vector<NamedArg> named_args(ondemand::value value);
  BatchStep step(ondemand::value value, std::size_t index);
  Condition condition(ondemand::value value, std::size_t depth);
  std::vector<Condition> conditions(ondemand::value value, std::size_t depth);
  template <typename T>
  T from_source(ondemand::object& object);
  std::int32_t id(ondemand::object& object, std::string_view name) {
    return reader_.int32(name, Reader::need(object, name));
  }

  Reader& reader_;
  Transport transport_;
  ElementCount elements_;
};

std::vector<Request> RequestReader::requests(ondemand::value value) {
  std::vector<Request> result;
  for (auto item : reader_.array_of("requests", value)) {
    elements_.add("requests");
    ondemand::object object = reader_.object_of("request", item.value());
    result.push_back(request(object, nullptr));
  }
  return result;
}

Request RequestReader::request(ondemand::object& object, std::int32_t* stream_id) {
  const std::string_view name = reader_.text("type", Reader::need(object, "type"));
  const RequestInfo* const info = find_request(transport_, name);
  if (info == nullptr) throw Malformed(Fault::unknown_type, "type", "is none of a request");
  if (stream_id != nullptr && info->on_stream) *stream_id = id(object, "stream_id");
  return content(info->type, object);
}

Request RequestReader::content(RequestType type, ondemand::object& object) {
  switch (type) {
    case RequestType::open_stream:
      return OpenStream{};
    case RequestType::close_stream:
      return CloseStream{};
    case RequestType::execute:
      return execute(object);
    case RequestType::batch:
      return RunBatch{batch(Reader::need(object, "batch"))};
    case RequestType::open_cursor: {
      const std::int32_t cursor = id(object, "cursor_id");
      return OpenCursor{cursor, batch(Reader::need(object, "batch"))};
    }
    case RequestType::close_cursor:
      return CloseCursor{id(object, "cursor_id")};
    case RequestType::fetch_cursor: {
      const std::int32_t cursor = id(object, "cursor_id");
      return FetchCursor{cursor, reader_.uint32("max_count", Reader::need(object, "max_count"))};
    }
    case RequestType::sequence:
      return from_source<Sequence>(object);
    case RequestType::describe:
      return from_source<Describe>(object);
    case RequestType::store_sql: {
      const std::int32_t sql = id(object, "sql_id");
      return StoreSql{sql, reader_.text("sql", Reader::need(object, "sql"))};
    }
    case RequestType::close_sql:
      return CloseSql{id(object, "sql_id")};
    case RequestType::get_autocommit:
      break;
  }
  return GetAutocommit{};
}

Execute RequestReader::execute(ondemand::object& object) {
  Execute result{stmt(Reader::need(object, "stmt"))};
  if (transport_ == Transport::http) return result;
  if (auto index = Reader::find(object, "replication_index")) {
    result.stmt.replication_index = reader_.loose_uint64("replication_index", *index);
  }
  return result;
}

template <typename T>
T RequestReader::from_source(ondemand::object& object) {
  T result;
  SourceMembers source;
  object.reset().value();
  for (auto member : object) {
    ondemand::field field = Reader::field_of(member);
    const ondemand::raw_json_string key = field.key();
    if (source.take(reader_, field, key)) continue;
    if (key == "replication_index") {
      result.replication_index = reader_.loose_uint64("replication_index", field.value());
    }
  }
  result.sql = source.get();
  return result;
}

Stmt RequestReader::stmt(ondemand::value value) {
  Stmt result;
  SourceMembers source;
  for (auto member : reader_.object_of("stmt", value)) {
    ondemand::field field = Reader::field_of(member);
    const ondemand::raw_json_string key = field.key();
    if (source.take(reader_, field, key) || Reader::is_null(field.value())) continue;
    if (key == "args") {
      result.args = args(field.value());
    } else if (key == "named_args") {
      result.named_args = named_args(field.value());
    } else if (key == "want_rows") {
      result.want_rows = reader_.boolean("want_rows", field.value());
    } else if (key == "replication_index") {
      result.replication_index = reader_.loose_uint64("replication_index", field.value());
    }
  }
  result.sql = source.get();
  return result;
}

std::vector<ValueView> RequestReader::args(ondemand::value value) {
  std::vector<ValueView> result;
  for (auto item : reader_.array_of("args", value)) {
    elements_.add("args");
    result.push_back(reader_.sql_value(item.value()));
  }
  return result;
}

std::vector<NamedArg> RequestReader::named_args(ondemand::value value) {
  std::vector<NamedArg> result;
  for (auto item : reader_.array_of("named_args", value)) {
    elements_.add("named_args");
    OptionalText name;
    std::optional<ValueView> content;
    for (auto member : reader_.object_of("named_args", item.value())) {
      ondemand::field field = Reader::field_of(member);
      const ondemand::raw_json_string key = field.key();
      if (key == "name") {
        name = reader_.text("name", field.value());
      } else if (key == "value") {
        content = reader_.sql_value(field.value());
      }
    }
    if (!name) throw Malformed(Fault::missing, "name", "is missing");
    if (!content) throw Malformed(Fault::missing, "value", "is missing");
    result.push_back({*name, *content});
  }
  return result;
}

Batch RequestReader::batch(ondemand::value value) {
  Batch result;
  bool has_steps = false;
  for (auto member : reader_.object_of("batch", value)) {
    ondemand::field field = Reader::field_of(member);
    const ondemand::raw_json_string key = field.key();
    if (key == "steps") {
      has_steps = true;
      result.steps.clear();
      for (auto item : reader_.array_of("steps", field.value())) {
        elements_.add("steps");
        result.steps.push_back(step(item.value(), result.steps.size()));
      }
    } else if (key == "replication_index") {
      result.replication_index = reader_.loose_uint64("replication_index", field.value());
    }
  }
  if (!has_steps) throw Malformed(Fault::missing, "steps", "is missing");
  return result;
}

BatchStep RequestReader::step(ondemand::value value, std::size_t index) {
  BatchStep result;
  bool has_stmt = false;
  for (auto member : reader_.object_of("step", value)) {
    ondemand::field field = Reader::field_of(member);
    const ondemand::raw_json_string key = field.key();
    if (key == "stmt") {
      has_stmt = true;
      result.stmt = stmt(field.value());
    } else if (key == "condition" && !Reader::is_null(field.value())) {
      result.condition = condition(field.value(), 1);
    }
  }
  if (!has_stmt) throw Malformed(Fault::missing, "stmt", "is missing");
  require_references_back(result, index);
  return result;
}

// NOLINTBEGIN(misc-no-recursion): the depth is bounded
Condition RequestReader::condition(ondemand::value value, std::size_t depth) {
  elements_.add("condition");
  require_depth(depth, reader_.limits());
  ondemand::object object = reader_.object_of("condition", value);
  const std::string_view type = reader_.text("type", Reader::need(object, "type"));
  const auto step = [&] { return reader_.uint32("step", Reader::need(object, "step")); };
  if (type == "ok") return Condition::ok(step());
  if (type == "error") return Condition::error(step());
  if (type == "not") {
    return Condition::negation(condition(Reader::need(object, "cond"), depth + 1));
  }
  if (type == "and") return Condition::all(conditions(Reader::need(object, "conds"), depth + 1));
  if (type == "or") return Condition::any(conditions(Reader::need(object, "conds"), depth + 1));
  if (type == "is_autocommit") return Condition::is_autocommit();
  throw Malformed(Fault::unknown_type, "type", "is none of a condition");
}

std::vector<Condition> RequestReader::conditions(ondemand::value value, std::size_t depth) {
  std::vector<Condition> result;
  for (auto item : reader_.array_of("conds", value)) {
    result.push_back(condition(item.value(), depth));
  }
  return result;
}
// NOLINTEND(misc-no-recursion)

OptionalText baton(Reader& reader, ondemand::object& object) {
  auto found = Reader::find(object, "baton");
  return found ? reader.optional_text("baton", *found) : std::nullopt;
}

}  // namespace

PipelineRequest read_pipeline(Reader& reader, ondemand::object& object) {
  PipelineRequest result;
  result.baton = baton(reader, object);
  RequestReader requests(reader, Transport::http);
  result.requests = requests.requests(Reader::need(object, "requests"));
  return result;
}

CursorRequest read_cursor(Reader& reader, ondemand::object& object) {
  CursorRequest result;
  result.baton = baton(reader, object);
  RequestReader requests(reader, Transport::http);
  result.batch = requests.batch(Reader::need(object, "batch"));
  return result;
}

ClientMessage read_client_message(Reader& reader, ondemand::object& object) {
  const std::string_view type = reader.text("type", Reader::need(object, "type"));
  if (type == "hello") {
    auto jwt = Reader::find(object, "jwt");
    return Hello{jwt ? reader.optional_text("jwt", *jwt) : std::nullopt};
  }
  if (type != "request") throw Malformed(Fault::unknown_type, "type", "is none of a message");
  SocketRequest result;
  result.request_id = reader.int32("request_id", Reader::need(object, "request_id"));
  ondemand::object content = reader.object_of("request", Reader::need(object, "request"));
  RequestReader requests(reader, Transport::socket);
  result.request = requests.request(content, &result.stream_id);
  return result;
}

}  // namespace libsql::hrana::json
