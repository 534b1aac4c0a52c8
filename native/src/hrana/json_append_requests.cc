// Encodes requests. Members appear in the order of the specification's examples; those with their
// default value are left out, as some servers of version 1 know fewer.
#include "hrana/json_requests.h"
#include "hrana/json_text.h"
#include "hrana/text.h"
#include "libsql/error.h"

namespace libsql::hrana::json {
namespace {

void append_text(std::string_view text, std::string_view what, std::string& out) {
  require_utf8(text, what);
  append_string(text, out);
}

void append_sql(const SqlSource& sql, std::string& out) {
  if (const auto* text = std::get_if<std::string_view>(&sql)) {
    out += "\"sql\":";
    append_text(*text, "the SQL text", out);
  } else {
    out += "\"sql_id\":";
    append_number(std::int64_t{std::get<std::int32_t>(sql)}, out);
  }
}

void append_index(std::optional<std::uint64_t> index, std::string& out) {
  if (!index) return;
  out += ",\"replication_index\":";
  append_quoted(index, out);
}

void append_argument(const ValueView& value, std::string& out) {
  if (const std::string_view why = unsendable(value); !why.empty()) {
    throw Error(ErrorKind::invalid_argument, why);
  }
  append_value(value, out);
}

// Calls `append_one` for each item, with commas between.
void append_list(const auto& items, std::string& out, auto&& append_one) {
  out += '[';
  bool first = true;
  for (const auto& item : items) {
    if (!first) out += ',';
    first = false;
    append_one(item);
  }
  out += ']';
}

void append_stmt(const Stmt& stmt, Transport transport, std::string& out) {
  out += '{';
  append_sql(stmt.sql, out);
  if (!stmt.args.empty()) {
    out += ",\"args\":";
    append_list(stmt.args, out, [&](const ValueView& value) { append_argument(value, out); });
  }
  if (!stmt.named_args.empty()) {
    out += ",\"named_args\":";
    append_list(stmt.named_args, out, [&](const NamedArg& arg) {
      out += "{\"name\":";
      append_text(arg.name, "the name of a parameter", out);
      out += ",\"value\":";
      append_argument(arg.value, out);
      out += '}';
    });
  }
  if (!stmt.want_rows) out += ",\"want_rows\":false";
  // A WebSocket's `execute` has it beside the statement.
  if (transport == Transport::http) append_index(stmt.replication_index, out);
  out += '}';
}

// NOLINTNEXTLINE(misc-no-recursion): the caller built the tree
void append_condition(const Condition& condition, std::string& out) {
  const auto append_operand = [&](const Condition& operand) { append_condition(operand, out); };
  switch (condition.kind) {
    case Condition::Kind::ok:
    case Condition::Kind::error:
      out += condition.kind == Condition::Kind::ok ? R"({"type":"ok","step":)"
                                                   : R"({"type":"error","step":)";
      append_number(std::uint64_t{condition.step}, out);
      break;
    case Condition::Kind::negation:
      out += R"({"type":"not","cond":)";
      append_operand(condition.operands.front());
      break;
    case Condition::Kind::all:
    case Condition::Kind::any:
      out += condition.kind == Condition::Kind::all ? R"({"type":"and","conds":)"
                                                    : R"({"type":"or","conds":)";
      append_list(condition.operands, out, append_operand);
      break;
    case Condition::Kind::is_autocommit:
      out += R"({"type":"is_autocommit")";
      break;
  }
  out += '}';
}

void append_batch(const Batch& batch, std::string& out) {
  out += "{\"steps\":";
  append_list(batch.steps, out, [&](const BatchStep& step) {
    out += '{';
    if (step.condition) {
      out += "\"condition\":";
      append_condition(*step.condition, out);
      out += ',';
    }
    out += "\"stmt\":";
    append_stmt(step.stmt, Transport::http, out);
    out += '}';
  });
  append_index(batch.replication_index, out);
  out += '}';
}

// Appends the members after `type` and `stream_id`.
class AppendMembers {
 public:
  AppendMembers(Transport transport, std::string& out) : transport_(transport), out_(out) {}

  void operator()(const OpenStream& /*request*/) {}
  void operator()(const CloseStream& /*request*/) {}
  void operator()(const GetAutocommit& /*request*/) {}
  void operator()(const Execute& request) {
    out_ += ",\"stmt\":";
    append_stmt(request.stmt, transport_, out_);
    if (transport_ == Transport::socket) append_index(request.stmt.replication_index, out_);
  }
  void operator()(const RunBatch& request) { batch(request.batch); }
  void operator()(const OpenCursor& request) {
    cursor_id(request.cursor_id);
    batch(request.batch);
  }
  void operator()(const CloseCursor& request) { cursor_id(request.cursor_id); }
  void operator()(const FetchCursor& request) {
    cursor_id(request.cursor_id);
    out_ += ",\"max_count\":";
    append_number(std::uint64_t{request.max_count}, out_);
  }
  void operator()(const Sequence& request) { source(request.sql, request.replication_index); }
  void operator()(const Describe& request) { source(request.sql, request.replication_index); }
  void operator()(const StoreSql& request) {
    sql_id(request.sql_id);
    out_ += ",\"sql\":";
    append_text(request.sql, "the SQL text", out_);
  }
  void operator()(const CloseSql& request) { sql_id(request.sql_id); }

 private:
  void number(std::string_view member, std::int32_t id) {
    out_ += member;
    append_number(std::int64_t{id}, out_);
  }
  void cursor_id(std::int32_t id) { number(",\"cursor_id\":", id); }
  void sql_id(std::int32_t id) { number(",\"sql_id\":", id); }
  void batch(const Batch& steps) {
    out_ += ",\"batch\":";
    append_batch(steps, out_);
  }
  void source(const SqlSource& sql, std::optional<std::uint64_t> index) {
    out_ += ',';
    append_sql(sql, out_);
    append_index(index, out_);
  }

  Transport transport_;
  std::string& out_;
};

void append_type(const RequestInfo& info, Transport transport, std::string& out) {
  const std::string_view name = info.name(transport);
  if (name.empty()) {
    throw Error(ErrorKind::invalid_argument,
                "HTTP has no request " + std::string(info.socket_name));
  }
  out += "{\"type\":\"";
  out += name;
  out += '"';
}

void append_baton(const OptionalText& baton, std::string& out) {
  out += "{\"baton\":";
  append_optional_string(baton, out);
}

}  // namespace

void append(const PipelineRequest& request, std::string& out) {
  append_baton(request.baton, out);
  out += ",\"requests\":";
  append_list(request.requests, out, [&](const Request& each) {
    append_type(info_of(type_of(each)), Transport::http, out);
    std::visit(AppendMembers(Transport::http, out), each);
    out += '}';
  });
  out += '}';
}

void append(const CursorRequest& request, std::string& out) {
  append_baton(request.baton, out);
  out += ",\"batch\":";
  append_batch(request.batch, out);
  out += '}';
}

void append(const ClientMessage& message, std::string& out) {
  if (const auto* hello = std::get_if<Hello>(&message)) {
    out += R"({"type":"hello","jwt":)";
    append_optional_string(hello->jwt, out);
    out += '}';
    return;
  }
  const auto& request = std::get<SocketRequest>(message);
  const RequestInfo& info = info_of(type_of(request.request));
  out += R"({"type":"request","request_id":)";
  append_number(std::int64_t{request.request_id}, out);
  out += ",\"request\":";
  append_type(info, Transport::socket, out);
  if (info.on_stream) {
    out += ",\"stream_id\":";
    append_number(std::int64_t{request.stream_id}, out);
  }
  std::visit(AppendMembers(Transport::socket, out), request.request);
  out += "}}";
}

}  // namespace libsql::hrana::json
