// Decodes answers of servers, leniently where they differ: sqld, Turso, versions 1 to 3.
#include <algorithm>

#include "hrana/answer_types.h"
#include "hrana/json_answers.h"
#include "hrana/request_info.h"

namespace libsql::hrana::json {

StreamHead AnswerReader::head(ondemand::object& object) {
  StreamHead result;
  result.baton = named(object, "baton");
  result.base_url = named(object, "base_url");
  return result;
}

// A member that is a string, null or absent.
OptionalText AnswerReader::named(ondemand::object& object, std::string_view name) {
  auto found = Reader::find(object, name);
  return found ? reader_.optional_text(name, *found) : std::nullopt;
}

StreamHead AnswerReader::pipeline(ondemand::object& object, std::span<const Request> requests,
                                  Receiver& receiver) {
  StreamHead result;
  AnswerTypes types(requests);
  bool has_results = false;
  for (auto member : object) {
    ondemand::field field = Reader::field_of(member);
    const ondemand::raw_json_string key = field.key();
    if (key == "baton") {
      result.baton = reader_.optional_text("baton", field.value());
    } else if (key == "base_url") {
      result.base_url = reader_.optional_text("base_url", field.value());
    } else if (key == "results" && !has_results) {
      has_results = true;
      for (auto item : reader_.array_of("results", field.value())) {
        stream_result(item.value(), types.next(), receiver);
      }
    }
  }
  if (!has_results) throw Malformed(Fault::missing, "results", "is missing");
  types.finish();
  return result;
}

void AnswerReader::stream_result(ondemand::value value, RequestType expected, Receiver& receiver) {
  ondemand::object object = reader_.object_of("result", value);
  const std::string_view type = reader_.text("type", Reader::need(object, "type"));
  if (type == "ok") {
    response(Reader::need(object, "response"), Transport::http, &expected, receiver);
  } else if (type == "error") {
    receiver.error(reader_.error(Reader::need(object, "error")));
  } else {
    throw Malformed(Fault::unknown_type, "type", "is none of a result");
  }
}

void AnswerReader::response(ondemand::value value, Transport transport, const RequestType* expected,
                            Receiver& receiver) {
  ondemand::object object = reader_.object_of("response", value);
  const std::string_view type = reader_.text("type", Reader::need(object, "type"));
  const RequestInfo* const info = find_request(transport, type);
  if (info == nullptr) throw Malformed(Fault::unknown_type, "type", "is none of a response");
  if (expected != nullptr) AnswerTypes::require_same(info->type, *expected);
  content(info->type, object, receiver);
}

void AnswerReader::content(RequestType type, ondemand::object& object, Receiver& receiver) {
  if (type == RequestType::batch) {
    batch_result(Reader::need(object, "result"), receiver);
    return;
  }
  receiver.begin(type, 0);
  switch (type) {
    case RequestType::execute:
      stmt_result(0, Reader::need(object, "result"), receiver);
      break;
    case RequestType::describe:
      described(Reader::need(object, "result"), receiver);
      break;
    case RequestType::fetch_cursor:
      fetched(object, receiver);
      break;
    case RequestType::get_autocommit:
      receiver.autocommit(reader_.boolean("is_autocommit", Reader::need(object, "is_autocommit")));
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

// The errors of all steps come behind their results: read them first, and tell each at its step.
void AnswerReader::batch_result(ondemand::value value, Receiver& receiver) {
  ondemand::object object = reader_.object_of("result", value);
  std::optional<std::uint64_t> index;
  std::optional<std::size_t> results;
  bool has_errors = false;
  for (auto member : object) {
    ondemand::field field = Reader::field_of(member);
    const ondemand::raw_json_string key = field.key();
    if (key == "step_errors") {
      has_errors = true;
      read_step_errors(reader_.array_of("step_errors", field.value()));
    } else if (key == "step_results") {
      auto array = reader_.array_of("step_results", field.value());
      results = array.count_elements().value();
    } else if (key == "replication_index") {
      index = reader_.loose_uint64("replication_index", field.value());
    }
  }
  if (!has_errors) throw Malformed(Fault::missing, "step_errors", "is missing");
  if (!results) throw Malformed(Fault::missing, "step_results", "is missing");
  if (*results != step_errors_.size()) {
    throw Malformed(Fault::mismatch, "step_errors", "are not as many as step_results");
  }
  receiver.begin(RequestType::batch, static_cast<std::uint32_t>(*results));
  object.reset().value();
  step_results(reader_.array_of("step_results", Reader::need(object, "step_results")), receiver);
  if (index) receiver.replication_index(index);
  receiver.end();
}

void AnswerReader::read_step_errors(ondemand::array array) {
  step_errors_.clear();
  for (auto item : array) {
    elements_.add("step_errors");
    step_errors_.emplace_back();
    if (!Reader::is_null(item.value())) step_errors_.back() = reader_.error(item.value());
  }
}

void AnswerReader::step_results(ondemand::array array, Receiver& receiver) {
  std::uint32_t step = 0;
  for (auto item : array) {
    const auto& error = step_errors_[step];
    if (!Reader::is_null(item.value())) {
      if (error)
        throw Malformed(Fault::mismatch, "step_results", "a step has a result and an error");
      stmt_result(step, item.value(), receiver);
    } else if (error) {
      receiver.step_error(step, *error);
    }
    ++step;
  }
}

void AnswerReader::stmt_result(std::uint32_t step, ondemand::value value, Receiver& receiver) {
  ondemand::object object = reader_.object_of("result", value);
  StepEnd end;
  bool has_columns = false;
  bool has_rows = false;
  bool rows_wait = false;
  for (auto member : object) {
    ondemand::field field = Reader::field_of(member);
    const ondemand::raw_json_string key = field.key();
    if (key == "rows") {
      has_rows = true;
      rows_wait = !has_columns;
      if (has_columns) rows(field.value(), receiver);
    } else if (key == "cols") {
      if (has_columns) throw Malformed(Fault::wrong_type, "cols", "occurs twice");
      has_columns = true;
      columns(field.value());
      receiver.step_begin(step, columns_);
    } else {
      step_end_member(field, end);
    }
  }
  if (!has_columns) throw Malformed(Fault::missing, "cols", "is missing");
  if (!has_rows) throw Malformed(Fault::missing, "rows", "is missing");
  if (rows_wait) {
    object.reset().value();
    rows(Reader::need(object, "rows"), receiver);
  }
  receiver.step_end(end);
}

bool AnswerReader::step_end_member(ondemand::field& field, StepEnd& end) {
  const ondemand::raw_json_string key = field.key();
  if (key == "affected_row_count") {
    end.affected_row_count = reader_.uint64("affected_row_count", field.value());
  } else if (key == "last_insert_rowid") {
    end.last_insert_rowid = reader_.loose_int64("last_insert_rowid", field.value());
  } else if (key == "replication_index") {
    end.replication_index = reader_.loose_uint64("replication_index", field.value());
  } else if (key == "rows_read") {
    end.rows_read = reader_.loose_uint64("rows_read", field.value()).value_or(0);
  } else if (key == "rows_written") {
    end.rows_written = reader_.loose_uint64("rows_written", field.value()).value_or(0);
  } else if (key == "query_duration_ms") {
    if (!Reader::is_null(field.value())) {
      end.query_duration_ms = reader_.number("query_duration_ms", field.value());
    }
  } else {
    return false;
  }
  return true;
}

void AnswerReader::columns(ondemand::value value) {
  columns_.clear();
  for (auto item : reader_.array_of("cols", value)) {
    elements_.add("cols");
    Column column;
    for (auto member : reader_.object_of("column", item.value())) {
      ondemand::field field = Reader::field_of(member);
      const ondemand::raw_json_string key = field.key();
      if (key == "name") {
        column.name = reader_.optional_text("name", field.value());
      } else if (key == "decltype") {
        column.declared_type = reader_.optional_text("decltype", field.value());
      }
    }
    columns_.push_back(column);
  }
}

void AnswerReader::rows(ondemand::value value, Receiver& receiver) {
  const std::size_t width = columns_.size();
  bool wanted = true;
  for (auto item : reader_.array_of("rows", value)) {
    if (!wanted) continue;
    const auto values = row(item.value());
    if (values.size() != width) {
      throw Malformed(Fault::mismatch, "rows", "a row has another number of values than columns");
    }
    wanted = receiver.row(values);
  }
}

std::span<const ValueView> AnswerReader::row(ondemand::value value) {
  ElementCount elements(reader_.limits());
  values_.clear();
  for (auto item : reader_.array_of("row", value)) {
    elements.add("row");
    values_.push_back(reader_.sql_value(item.value()));
  }
  return values_;
}

void AnswerReader::described(ondemand::value value, Receiver& receiver) {
  ondemand::object object = reader_.object_of("result", value);
  Description result;
  for (auto item : reader_.array_of("params", Reader::need(object, "params"))) {
    elements_.add("params");
    ondemand::object parameter = reader_.object_of("param", item.value());
    result.parameters.push_back(named(parameter, "name"));
  }
  for (auto item : reader_.array_of("cols", Reader::need(object, "cols"))) {
    elements_.add("cols");
    ondemand::object column = reader_.object_of("column", item.value());
    const std::string_view name = reader_.text("name", Reader::need(column, "name"));
    result.columns.push_back({name, named(column, "decltype")});
  }
  result.is_explain = reader_.boolean("is_explain", Reader::need(object, "is_explain"));
  result.is_readonly = reader_.boolean("is_readonly", Reader::need(object, "is_readonly"));
  receiver.description(result);
}

void AnswerReader::fetched(ondemand::object& object, Receiver& receiver) {
  for (auto item : reader_.array_of("entries", Reader::need(object, "entries"))) {
    ondemand::object entry = reader_.object_of("entry", item.value());
    cursor_entry(entry, receiver);
  }
  receiver.fetched(reader_.boolean("done", Reader::need(object, "done")));
}

void AnswerReader::cursor_entry(ondemand::object& object, Receiver& receiver) {
  const std::string_view type = reader_.text("type", Reader::need(object, "type"));
  const auto step = [&] { return reader_.uint32("step", Reader::need(object, "step")); };
  if (type == "row") {
    static_cast<void>(receiver.row(row(Reader::need(object, "row"))));
  } else if (type == "step_begin") {
    const std::uint32_t begun = step();
    columns(Reader::need(object, "cols"));
    receiver.step_begin(begun, columns_);
  } else if (type == "step_end") {
    StepEnd end;
    object.reset().value();
    for (auto member : object) {
      ondemand::field field = Reader::field_of(member);
      step_end_member(field, end);
    }
    receiver.step_end(end);
  } else if (type == "step_error") {
    const std::uint32_t failed = step();
    receiver.step_error(failed, reader_.error(Reader::need(object, "error")));
  } else if (type == "error") {
    receiver.error(reader_.error(Reader::need(object, "error")));
  } else if (type == "replication_index") {
    auto index = Reader::find(object, "replication_index");
    receiver.replication_index(index ? reader_.loose_uint64("replication_index", *index)
                                     : std::nullopt);
  }
  // Turso: clients skip entries of unknown types.
}

void AnswerReader::server_message(ondemand::object& object, ServerMessages& messages) {
  const std::string_view type = reader_.text("type", Reader::need(object, "type"));
  if (type == "hello_ok") {
    messages.hello_ok();
    return;
  }
  if (type == "hello_error") {
    messages.hello_error(reader_.error(Reader::need(object, "error")));
    return;
  }
  const bool ok = type == "response_ok";
  if (!ok && type != "response_error") {
    throw Malformed(Fault::unknown_type, "type", "is none of a message");
  }
  const std::int32_t id = reader_.int32("request_id", Reader::need(object, "request_id"));
  Receiver* const receiver = messages.receiver_of(id);
  if (receiver == nullptr) {
    throw Malformed(Fault::mismatch, "request_id", "is none of an open request");
  }
  if (ok) {
    response(Reader::need(object, "response"), Transport::socket, nullptr, *receiver);
  } else {
    receiver->error(reader_.error(Reader::need(object, "error")));
  }
}

}  // namespace libsql::hrana::json
