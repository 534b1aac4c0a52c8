// Decodes answers. Fields of a message come in any order, so the columns of a result are read
// before its rows in a walk of their own; a walk passes what it does not need by its length.
#include <optional>
#include <utility>

#include "hrana/answer_types.h"
#include "hrana/protobuf_answers.h"
#include "hrana/protobuf_reader.h"
#include "hrana/request_info.h"

namespace libsql::hrana::protobuf {
namespace {

Column read_column(std::string_view message) {
  Column result;
  for (Fields fields(message); fields.next();) {
    switch (fields.number()) {
      case 1:
        result.name = fields.text("name");
        break;
      case 2:
        result.declared_type = fields.text("decltype");
        break;
      default:
        fields.skip();
    }
  }
  return result;
}

// The one field that a message has, all others being unknown.
std::string_view only_message(std::string_view message, std::uint32_t number,
                              std::string_view name) {
  std::optional<std::string_view> result;
  for (Fields fields(message); fields.next();) {
    if (fields.number() == number) {
      result = fields.message(name);
    } else {
      fields.skip();
    }
  }
  if (!result) throw Malformed(Fault::missing, name, "is missing");
  return *result;
}

StepEnd read_step_end(std::string_view message) {
  StepEnd end;
  for (Fields fields(message); fields.next();) {
    switch (fields.number()) {
      case 1:
        end.affected_row_count = fields.uint64("affected_row_count");
        break;
      case 2:
        end.last_insert_rowid = fields.sint64("last_insert_rowid");
        break;
      default:
        fields.skip();
    }
  }
  return end;
}

void read_step_error(std::string_view message, Receiver& receiver) {
  std::uint32_t step = 0;
  std::optional<ErrorView> error;
  for (Fields fields(message); fields.next();) {
    switch (fields.number()) {
      case 1:
        step = fields.uint32("step");
        break;
      case 2:
        error = read_error(fields.message("error"));
        break;
      default:
        fields.skip();
    }
  }
  if (!error) throw Malformed(Fault::missing, "error", "is missing");
  receiver.step_error(step, *error);
}

std::optional<std::uint64_t> read_index(std::string_view message) {
  std::optional<std::uint64_t> index;
  for (Fields fields(message); fields.next();) {
    if (fields.number() == 1) {
      index = fields.uint64("replication_index");
    } else {
      fields.skip();
    }
  }
  return index;
}

bool read_autocommit(std::string_view message) {
  bool result = false;
  for (Fields fields(message); fields.next();) {
    if (fields.number() == 1) {
      result = fields.boolean("is_autocommit");
    } else {
      fields.skip();
    }
  }
  return result;
}

}  // namespace

StreamHead AnswerReader::head(std::string_view message) {
  StreamHead result;
  for (Fields fields(message); fields.next();) {
    switch (fields.number()) {
      case 1:
        result.baton = fields.text("baton");
        break;
      case 2:
        result.base_url = fields.text("base_url");
        break;
      default:
        fields.skip();
    }
  }
  return result;
}

StreamHead AnswerReader::pipeline(std::string_view message, std::span<const Request> requests,
                                  Receiver& receiver) {
  AnswerTypes types(requests);
  for (Fields fields(message); fields.next();) {
    if (fields.number() == 3) {
      stream_result(fields.message("results"), types.next(), receiver);
    } else {
      fields.skip();
    }
  }
  types.finish();
  return head(message);
}

void AnswerReader::stream_result(std::string_view message, RequestType expected,
                                 Receiver& receiver) {
  bool answered = false;
  for (Fields fields(message); fields.next();) {
    if (fields.number() == 1 && !answered) {
      answered = true;
      const std::string_view response = fields.message("ok");
      const RequestInfo& info = info_of(expected);
      for (Fields oneof(response); oneof.next();) {
        const RequestInfo* const found = find_request(Transport::http, oneof.number());
        if (found != nullptr) AnswerTypes::require_same(found->type, expected);
        oneof.skip();
      }
      content(expected, only_message(response, info.http_field, info.http_name), receiver);
    } else if (fields.number() == 2 && !answered) {
      answered = true;
      receiver.error(read_error(fields.message("error")));
    } else {
      fields.skip();
    }
  }
  if (!answered) throw Malformed(Fault::unknown_type, "result", "is of no known type");
}

void AnswerReader::content(RequestType type, std::string_view message, Receiver& receiver) {
  if (type == RequestType::batch) {
    batch_result(only_message(message, 1, "result"), receiver);
    return;
  }
  receiver.begin(type, 0);
  switch (type) {
    case RequestType::execute:
      stmt_result(0, only_message(message, 1, "result"), receiver);
      break;
    case RequestType::describe:
      described(only_message(message, 1, "result"), receiver);
      break;
    case RequestType::fetch_cursor:
      fetched(message, receiver);
      break;
    case RequestType::get_autocommit:
      receiver.autocommit(read_autocommit(message));
      break;
    case RequestType::batch:  // Above: its events need the number of steps.
    case RequestType::open_stream:
    case RequestType::close_stream:
    case RequestType::open_cursor:
    case RequestType::close_cursor:
    case RequestType::sequence:
    case RequestType::store_sql:
    case RequestType::close_sql:
      break;
  }
  receiver.end();
}

std::pair<std::uint32_t, std::string_view> AnswerReader::map_entry(std::string_view message) {
  elements_.add("step_results");
  std::pair<std::uint32_t, std::string_view> entry;
  for (Fields fields(message); fields.next();) {
    switch (fields.number()) {
      case 1:
        entry.first = fields.uint32("key");
        break;
      case 2:
        entry.second = fields.message("value");
        break;
      default:
        fields.skip();
    }
  }
  if (entry.first >= limits_.max_elements) {
    throw Malformed(Fault::too_large, "key", "too many elements in one message");
  }
  return entry;
}

// Two maps from step to result and to error, whose entries come in any order.
void AnswerReader::batch_result(std::string_view message, Receiver& receiver) {
  struct Outcome {
    std::optional<std::string_view> result;
    std::optional<std::string_view> error;
  };
  std::map<std::uint32_t, Outcome> outcomes;
  std::optional<std::uint64_t> index;
  for (Fields fields(message); fields.next();) {
    switch (fields.number()) {
      case 1: {
        const auto [step, result] = map_entry(fields.message("step_results"));
        outcomes[step].result = result;
        break;
      }
      case 2: {
        const auto [step, error] = map_entry(fields.message("step_errors"));
        outcomes[step].error = error;
        break;
      }
      case 3:
        index = fields.uint64("replication_index");
        break;
      default:
        fields.skip();
    }
  }
  receiver.begin(RequestType::batch, outcomes.empty() ? 0 : outcomes.rbegin()->first + 1);
  for (const auto& [step, outcome] : outcomes) {
    if (outcome.result && outcome.error) {
      throw Malformed(Fault::mismatch, "step_results", "a step has a result and an error");
    }
    if (outcome.result) stmt_result(step, *outcome.result, receiver);
    if (outcome.error) receiver.step_error(step, read_error(*outcome.error));
  }
  if (index) receiver.replication_index(index);
  receiver.end();
}

void AnswerReader::stmt_result(std::uint32_t step, std::string_view message, Receiver& receiver) {
  columns_.clear();
  StepEnd end;
  for (Fields fields(message); fields.next();) {
    switch (fields.number()) {
      case 1:
        elements_.add("cols");
        columns_.push_back(read_column(fields.message("cols")));
        break;
      case 3:
        end.affected_row_count = fields.uint64("affected_row_count");
        break;
      case 4:
        end.last_insert_rowid = fields.sint64("last_insert_rowid");
        break;
      case 5:
        end.replication_index = fields.uint64("replication_index");
        break;
      case 6:
        end.rows_read = fields.uint64("rows_read");
        break;
      case 7:
        end.rows_written = fields.uint64("rows_written");
        break;
      case 8:
        end.query_duration_ms = fields.real("query_duration_ms");
        break;
      default:
        fields.skip();
    }
  }
  receiver.step_begin(step, columns_);
  rows(message, receiver);
  receiver.step_end(end);
}

void AnswerReader::rows(std::string_view result, Receiver& receiver) {
  const std::size_t width = columns_.size();
  bool wanted = true;
  for (Fields fields(result); wanted && fields.next();) {
    if (fields.number() != 2) {
      fields.skip();
      continue;
    }
    const auto values = row(fields.message("rows"));
    if (values.size() != width) {
      throw Malformed(Fault::mismatch, "rows", "a row has another number of values than columns");
    }
    wanted = receiver.row(values);
  }
}

std::span<const ValueView> AnswerReader::row(std::string_view message) {
  ElementCount elements(limits_);
  values_.clear();
  for (Fields fields(message); fields.next();) {
    if (fields.number() == 1) {
      elements.add("row");
      values_.push_back(read_value(fields.message("values")));
    } else {
      fields.skip();
    }
  }
  return values_;
}

void AnswerReader::described(std::string_view message, Receiver& receiver) {
  Description result;
  for (Fields fields(message); fields.next();) {
    switch (fields.number()) {
      case 1:
        elements_.add("params");
        result.parameters.push_back(read_column(fields.message("params")).name);
        break;
      case 2: {
        elements_.add("cols");
        const Column column = read_column(fields.message("cols"));
        result.columns.push_back({column.name.value_or(""), column.declared_type});
        break;
      }
      case 3:
        result.is_explain = fields.boolean("is_explain");
        break;
      case 4:
        result.is_readonly = fields.boolean("is_readonly");
        break;
      default:
        fields.skip();
    }
  }
  receiver.description(result);
}

void AnswerReader::fetched(std::string_view message, Receiver& receiver) {
  bool done = false;
  for (Fields fields(message); fields.next();) {
    switch (fields.number()) {
      case 1:
        cursor_entry(fields.message("entries"), receiver);
        break;
      case 2:
        done = fields.boolean("done");
        break;
      default:
        fields.skip();
    }
  }
  receiver.fetched(done);
}

void AnswerReader::step_begin(std::string_view message, Receiver& receiver) {
  std::uint32_t step = 0;
  columns_.clear();
  for (Fields fields(message); fields.next();) {
    switch (fields.number()) {
      case 1:
        step = fields.uint32("step");
        break;
      case 2:
        elements_.add("cols");
        columns_.push_back(read_column(fields.message("cols")));
        break;
      default:
        fields.skip();
    }
  }
  receiver.step_begin(step, columns_);
}

// An entry without a known field is passed over: sqld ends a cursor with an empty one.
void AnswerReader::cursor_entry(std::string_view message, Receiver& receiver) {
  for (Fields fields(message); fields.next();) {
    switch (fields.number()) {
      case 1:
        step_begin(fields.message("step_begin"), receiver);
        break;
      case 2:
        receiver.step_end(read_step_end(fields.message("step_end")));
        break;
      case 3:
        read_step_error(fields.message("step_error"), receiver);
        break;
      case 4:
        static_cast<void>(receiver.row(row(fields.message("row"))));
        break;
      case 5:
        receiver.error(read_error(fields.message("error")));
        break;
      case 6:
        receiver.replication_index(read_index(fields.message("replication_index")));
        break;
      default:
        fields.skip();
    }
  }
}

namespace {

Receiver& receiver_of(std::string_view message, ServerMessages& messages) {
  std::int32_t id = 0;
  for (Fields fields(message); fields.next();) {
    if (fields.number() == 1) {
      id = fields.int32("request_id");
    } else {
      fields.skip();
    }
  }
  Receiver* const receiver = messages.receiver_of(id);
  if (receiver == nullptr) {
    throw Malformed(Fault::mismatch, "request_id", "is none of an open request");
  }
  return *receiver;
}

}  // namespace

void AnswerReader::response_ok(std::string_view message, ServerMessages& messages) {
  const RequestInfo* type = nullptr;
  std::string_view response;
  for (Fields fields(message); fields.next();) {
    const RequestInfo* const info = find_request(Transport::socket, fields.number());
    if (info == nullptr) {
      fields.skip();
    } else {
      type = info;
      response = fields.message(info->socket_name);
    }
  }
  if (type == nullptr) throw Malformed(Fault::unknown_type, "response", "is of no known type");
  content(type->type, response, receiver_of(message, messages));
}

void AnswerReader::response_error(std::string_view message, ServerMessages& messages) {
  const std::string_view error = only_message(message, 2, "error");
  receiver_of(message, messages).error(read_error(error));
}

void AnswerReader::server_message(std::string_view message, ServerMessages& messages) {
  bool known = false;
  for (Fields fields(message); !known && fields.next();) {
    known = fields.number() >= 1 && fields.number() <= 4;
    switch (fields.number()) {
      case 1:
        static_cast<void>(fields.message("hello_ok"));
        messages.hello_ok();
        break;
      case 2:
        messages.hello_error(read_error(only_message(fields.message("hello_error"), 1, "error")));
        break;
      case 3:
        response_ok(fields.message("response_ok"), messages);
        break;
      case 4:
        response_error(fields.message("response_error"), messages);
        break;
      default:
        fields.skip();
    }
  }
  if (!known) throw Malformed(Fault::unknown_type, "message", "is of no known type");
}

}  // namespace libsql::hrana::protobuf
