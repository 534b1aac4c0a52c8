// Encodes requests. A nested message is written in place; its length is filled in when it ends.
#include "hrana/protobuf_requests.h"
#include "hrana/protobuf_value.h"
#include "hrana/request_info.h"
#include "hrana/text.h"
#include "libsql/error.h"

#include <protozero/pbf_writer.hpp>

namespace libsql::hrana::protobuf {
namespace {

using protozero::pbf_writer;

void add_text(pbf_writer& writer, std::uint32_t field, std::string_view text,
              std::string_view what) {
  require_utf8(text, what);
  writer.add_string(field, text.data(), text.size());
}

void add_optional_text(pbf_writer& writer, std::uint32_t field, const OptionalText& text) {
  if (text) writer.add_string(field, text->data(), text->size());
}

void add_index(pbf_writer& writer, std::uint32_t field, std::optional<std::uint64_t> index) {
  if (index) writer.add_uint64(field, *index);
}

// `text_field` is the field of the text; that of the id follows it.
void add_source(pbf_writer& writer, std::uint32_t text_field, const SqlSource& sql) {
  if (const auto* text = std::get_if<std::string_view>(&sql)) {
    add_text(writer, text_field, *text, "the SQL text");
  } else {
    writer.add_int32(text_field + 1, std::get<std::int32_t>(sql));
  }
}

void add_argument(pbf_writer& parent, std::uint32_t field, const ValueView& value) {
  if (const std::string_view why = unsendable(value); !why.empty()) {
    throw Error(ErrorKind::invalid_argument, why);
  }
  add_value(parent, field, value);
}

void add_stmt(pbf_writer& parent, std::uint32_t field, const Stmt& stmt, Transport transport) {
  pbf_writer writer(parent, field);
  add_source(writer, 1, stmt.sql);
  for (const ValueView& value : stmt.args) add_argument(writer, 3, value);
  for (const NamedArg& arg : stmt.named_args) {
    pbf_writer named(writer, 4);
    add_text(named, 1, arg.name, "the name of a parameter");
    add_argument(named, 2, arg.value);
  }
  if (!stmt.want_rows) writer.add_bool(5, false);
  // A WebSocket's `execute` has it beside the statement.
  if (transport == Transport::http) add_index(writer, 6, stmt.replication_index);
}

// NOLINTNEXTLINE(misc-no-recursion): the caller built the tree
void add_condition(pbf_writer& parent, std::uint32_t field, const Condition& condition) {
  pbf_writer writer(parent, field);
  switch (condition.kind) {
    case Condition::Kind::ok:
      writer.add_uint32(1, condition.step);
      break;
    case Condition::Kind::error:
      writer.add_uint32(2, condition.step);
      break;
    case Condition::Kind::negation:
      add_condition(writer, 3, condition.operands.front());
      break;
    case Condition::Kind::all:
    case Condition::Kind::any: {
      const std::uint32_t number = condition.kind == Condition::Kind::all ? 4 : 5;
      if (condition.operands.empty()) {
        add_empty(writer, number);
        break;
      }
      pbf_writer list(writer, number);
      for (const Condition& operand : condition.operands) add_condition(list, 1, operand);
      break;
    }
    case Condition::Kind::is_autocommit:
      add_empty(writer, 6);
      break;
  }
}

void add_batch(pbf_writer& parent, std::uint32_t field, const Batch& batch) {
  if (batch.steps.empty() && !batch.replication_index) {
    add_empty(parent, field);
    return;
  }
  pbf_writer writer(parent, field);
  for (const BatchStep& step : batch.steps) {
    pbf_writer nested(writer, 1);
    if (step.condition) add_condition(nested, 1, *step.condition);
    add_stmt(nested, 2, step.stmt, Transport::http);
  }
  add_index(writer, 2, batch.replication_index);
}

// Writes the fields of one request, whose stream_id is written already. The fields' numbers are
// shifted by one where there is a stream_id.
class AddFields {
 public:
  AddFields(pbf_writer& writer, Transport transport)
      : writer_(writer), transport_(transport), shift_(transport == Transport::socket ? 1 : 0) {}

  void operator()(const OpenStream& /*request*/) {}
  void operator()(const CloseStream& /*request*/) {}
  void operator()(const GetAutocommit& /*request*/) {}
  void operator()(const Execute& request) {
    add_stmt(writer_, 1 + shift_, request.stmt, transport_);
    if (transport_ == Transport::socket) add_index(writer_, 3, request.stmt.replication_index);
  }
  void operator()(const RunBatch& request) { add_batch(writer_, 1 + shift_, request.batch); }
  void operator()(const OpenCursor& request) {
    writer_.add_int32(2, request.cursor_id);
    add_batch(writer_, 3, request.batch);
  }
  void operator()(const CloseCursor& request) { writer_.add_int32(1, request.cursor_id); }
  void operator()(const FetchCursor& request) {
    writer_.add_int32(1, request.cursor_id);
    writer_.add_uint32(2, request.max_count);
  }
  void operator()(const Sequence& request) { source(request.sql, request.replication_index); }
  void operator()(const Describe& request) { source(request.sql, request.replication_index); }
  void operator()(const StoreSql& request) {
    writer_.add_int32(1, request.sql_id);
    add_text(writer_, 2, request.sql, "the SQL text");
  }
  void operator()(const CloseSql& request) { writer_.add_int32(1, request.sql_id); }

 private:
  void source(const SqlSource& sql, std::optional<std::uint64_t> index) {
    add_source(writer_, 1 + shift_, sql);
    add_index(writer_, 3 + shift_, index);
  }

  pbf_writer& writer_;
  Transport transport_;
  std::uint32_t shift_;
};

std::uint32_t field_of(const RequestInfo& info, Transport transport) {
  const std::uint32_t field = info.field(transport);
  if (field == 0) {
    throw Error(ErrorKind::invalid_argument,
                "HTTP has no request " + std::string(info.socket_name));
  }
  return field;
}

}  // namespace

void append(const PipelineRequest& request, std::string& out) {
  pbf_writer writer(out);
  add_optional_text(writer, 1, request.baton);
  for (const Request& each : request.requests) {
    pbf_writer oneof(writer, 2);
    const RequestType type = type_of(each);
    const std::uint32_t field = field_of(info_of(type), Transport::http);
    if (type == RequestType::close_stream || type == RequestType::get_autocommit) {
      add_empty(oneof, field);
    } else {
      pbf_writer content(oneof, field);
      std::visit(AddFields(content, Transport::http), each);
    }
  }
}

void append(const CursorRequest& request, std::string& out) {
  pbf_writer writer(out);
  add_optional_text(writer, 1, request.baton);
  add_batch(writer, 2, request.batch);
}

void append(const ClientMessage& message, std::string& out) {
  pbf_writer writer(out);
  if (const auto* hello = std::get_if<Hello>(&message)) {
    if (hello->jwt) {
      pbf_writer content(writer, 1);
      add_optional_text(content, 1, hello->jwt);
    } else {
      add_empty(writer, 1);
    }
    return;
  }
  const auto& request = std::get<SocketRequest>(message);
  const RequestInfo& info = info_of(type_of(request.request));
  pbf_writer envelope(writer, 2);
  envelope.add_int32(1, request.request_id);
  pbf_writer content(envelope, info.socket_field);
  if (info.on_stream) content.add_int32(1, request.stream_id);
  std::visit(AddFields(content, Transport::socket), request.request);
}

}  // namespace libsql::hrana::protobuf
