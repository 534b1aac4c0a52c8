#include "hrana/json_writer.h"

#include <algorithm>

#include "hrana/json_text.h"
#include "hrana/request_info.h"
#include "hrana/text.h"

namespace libsql::hrana::json {
namespace {

void append_readable(std::string_view text, std::string& out) {
  append_string(readable(text), out);
}

void append_optional_readable(const OptionalText& text, std::string& out) {
  if (text) {
    append_readable(*text, out);
  } else {
    out += "null";
  }
}

void append_bool(bool value, std::string& out) { out += value ? "true" : "false"; }

void append_columns(std::span<const Column> columns, std::string& out) {
  out += "\"cols\":[";
  for (std::size_t i = 0; i < columns.size(); ++i) {
    out += i == 0 ? "{\"name\":" : ",{\"name\":";
    append_optional_readable(columns[i].name, out);
    out += ",\"decltype\":";
    append_optional_readable(columns[i].declared_type, out);
    out += '}';
  }
  out += ']';
}

void append_values(std::span<const ValueView> values, std::string& out) {
  out += '[';
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i != 0) out += ',';
    append_value(values[i], out);
  }
  out += ']';
}

void append_counts(const StepEnd& end, std::string& out) {
  out += "\"affected_row_count\":";
  append_number(end.affected_row_count, out);
  out += ",\"last_insert_rowid\":";
  append_quoted(end.last_insert_rowid, out);
}

}  // namespace

void append_error(const ErrorView& error, std::string& out) {
  out += "{\"message\":";
  append_readable(error.message, out);
  out += ",\"code\":";
  append_readable(error.code.value_or("UNKNOWN"), out);
  if (error.extended_code) {
    out += ",\"extended_code\":";
    append_readable(*error.extended_code, out);
  }
  out += '}';
}

void append_head(const StreamHead& head, std::string& out) {
  out += "\"baton\":";
  append_optional_readable(head.baton, out);
  out += ",\"base_url\":";
  append_optional_readable(head.base_url, out);
}

void Writer::put_head(const StreamHead& head) {
  out_ += '{';
  append_head(head, out_);
  out_ += "}\n";
}

std::string_view Writer::why_not(const ValueView& value) const noexcept {
  return unsendable(value);
}

void Writer::begin_answer() {
  if (frame_ == Frame::pipeline && !out_.empty()) out_ += ',';
  answer_begin_ = out_.size();
}

void Writer::begin(RequestType type, std::uint32_t steps) {
  begin_answer();
  open_ = true;
  failed_ = false;
  type_ = type;
  first_ = true;
  steps_ = steps;
  step_results_ = 0;
  in_step_ = false;
  step_errors_.clear();
  index_.reset();
  if (frame_ == Frame::response) {
    out_ += R"({"type":"response_ok","request_id":)";
    append_number(std::int64_t{request_id_}, out_);
  } else {
    out_ += R"({"type":"ok")";
  }
  out_ += R"(,"response":{"type":")";
  out_ += info_of(type).name(frame_ == Frame::response ? Transport::socket : Transport::http);
  out_ += '"';
  if (type == RequestType::batch) out_ += R"(,"result":{"step_results":[)";
  if (type == RequestType::fetch_cursor) out_ += R"(,"entries":[)";
}

void Writer::begin_entry() {
  if (frame_ == Frame::cursor) return;
  if (!first_) out_ += ',';
  first_ = false;
}

void Writer::end_entry() {
  if (frame_ == Frame::cursor) out_ += '\n';
}

// Puts null for the steps before `step` that were skipped.
void Writer::begin_step_result(std::uint32_t step) {
  for (; step_results_ < step; ++step_results_) out_ += step_results_ == 0 ? "null" : ",null";
  if (step_results_ != 0) out_ += ',';
  ++step_results_;
  step_begin_ = out_.size();
}

void Writer::put_step_begin(std::uint32_t step, std::span<const Column> columns) {
  if (entries()) {
    begin_entry();
    out_ += R"({"type":"step_begin","step":)";
    append_number(std::uint64_t{step}, out_);
    out_ += ',';
    append_columns(columns, out_);
    out_ += '}';
    end_entry();
    return;
  }
  if (type_ == RequestType::batch) {
    begin_step_result(step);
  } else {
    out_ += ",\"result\":";
  }
  in_step_ = true;
  first_ = true;
  out_ += '{';
  append_columns(columns, out_);
  out_ += ",\"rows\":[";
}

void Writer::put_row(std::span<const ValueView> values) {
  if (entries()) {
    begin_entry();
    out_ += R"({"type":"row","row":)";
    append_values(values, out_);
    out_ += '}';
    end_entry();
    return;
  }
  if (!first_) out_ += ',';
  first_ = false;
  append_values(values, out_);
}

void Writer::put_step_end(const StepEnd& end) {
  if (entries()) {
    begin_entry();
    out_ += R"({"type":"step_end",)";
    append_counts(end, out_);
    out_ += '}';
    end_entry();
    return;
  }
  in_step_ = false;
  out_ += "],";
  append_counts(end, out_);
  out_ += ",\"replication_index\":";
  append_quoted(end.replication_index, out_);
  out_ += ",\"rows_read\":";
  append_number(end.rows_read, out_);
  out_ += ",\"rows_written\":";
  append_number(end.rows_written, out_);
  out_ += ",\"query_duration_ms\":";
  append_number(end.query_duration_ms, out_);
  out_ += '}';
}

void Writer::put_step_error(std::uint32_t step, const ErrorView& problem) {
  if (entries()) {
    begin_entry();
    out_ += R"({"type":"step_error","step":)";
    append_number(std::uint64_t{step}, out_);
    out_ += ",\"error\":";
    append_error(problem, out_);
    out_ += '}';
    end_entry();
    return;
  }
  if (type_ != RequestType::batch) {
    error(problem);
    return;
  }
  if (in_step_) {
    out_.resize(step_begin_);
  } else {
    begin_step_result(step);
  }
  in_step_ = false;
  out_ += "null";
  append_error(problem, step_errors_.emplace_back(step, std::string()).second);
}

void Writer::replication_index(std::optional<std::uint64_t> index) {
  if (frame_ == Frame::cursor) {
    out_ += R"({"type":"replication_index","replication_index":)";
    if (index) {
      append_number(*index, out_);
    } else {
      out_ += "null";
    }
    out_ += "}\n";
  } else if (type_ == RequestType::batch) {
    index_ = index;
  }
  // Clients of a WebSocket do not know this entry.
}

void Writer::fetched(bool done) {
  out_ += "],\"done\":";
  append_bool(done, out_);
}

void Writer::description(const Description& description) {
  out_ += R"(,"result":{"params":[)";
  for (std::size_t i = 0; i < description.parameters.size(); ++i) {
    out_ += i == 0 ? "{\"name\":" : ",{\"name\":";
    append_optional_readable(description.parameters[i], out_);
    out_ += '}';
  }
  out_ += "],\"cols\":[";
  for (std::size_t i = 0; i < description.columns.size(); ++i) {
    out_ += i == 0 ? "{\"name\":" : ",{\"name\":";
    append_readable(description.columns[i].name, out_);
    out_ += ",\"decltype\":";
    append_optional_readable(description.columns[i].declared_type, out_);
    out_ += '}';
  }
  out_ += "],\"is_explain\":";
  append_bool(description.is_explain, out_);
  out_ += ",\"is_readonly\":";
  append_bool(description.is_readonly, out_);
  out_ += '}';
}

void Writer::autocommit(bool is_autocommit) {
  out_ += ",\"is_autocommit\":";
  append_bool(is_autocommit, out_);
}

void Writer::end_batch() {
  const std::uint32_t steps = std::max(steps_, step_results_);
  for (; step_results_ < steps; ++step_results_) out_ += step_results_ == 0 ? "null" : ",null";
  out_ += "],\"step_errors\":[";
  auto error = step_errors_.begin();
  for (std::uint32_t step = 0; step < steps; ++step) {
    if (step != 0) out_ += ',';
    if (error != step_errors_.end() && error->first == step) {
      out_ += error->second;
      ++error;
    } else {
      out_ += "null";
    }
  }
  out_ += "],\"replication_index\":";
  append_quoted(index_, out_);
  out_ += '}';
}

void Writer::end() {
  open_ = false;
  if (failed_) return;
  if (type_ == RequestType::batch) end_batch();
  out_ += "}}";
}

void Writer::error(const ErrorView& problem) {
  if (entries()) {
    begin_entry();
    out_ += R"({"type":"error","error":)";
    append_error(problem, out_);
    out_ += '}';
    end_entry();
    return;
  }
  if (open_) {
    out_.resize(answer_begin_);
    failed_ = true;
  } else {
    begin_answer();
  }
  if (frame_ == Frame::response) {
    out_ += R"({"type":"response_error","request_id":)";
    append_number(std::int64_t{request_id_}, out_);
    out_ += ",\"error\":";
  } else {
    out_ += R"({"type":"error","error":)";
  }
  append_error(problem, out_);
  out_ += '}';
}

}  // namespace libsql::hrana::json
