#include "hrana/protobuf_writer.h"

#include <iterator>

#include "hrana/protobuf_value.h"
#include "hrana/request_info.h"
#include "hrana/text.h"

#include <protozero/pbf_writer.hpp>

namespace libsql::hrana::protobuf {
namespace {

using protozero::pbf_writer;

void add_optional(pbf_writer& writer, std::uint32_t field, const OptionalText& text) {
  if (text) writer.add_string(field, readable(*text));
}

void add_message(std::string& out, std::uint32_t field, std::string_view message) {
  pbf_writer(out).add_message(field, message.data(), message.size());
}

void add_columns(pbf_writer& writer, std::uint32_t field, std::span<const Column> columns) {
  for (const Column& column : columns) {
    if (!column.name && !column.declared_type) {
      add_empty(writer, field);
      continue;
    }
    pbf_writer nested(writer, field);
    add_optional(nested, 1, column.name);
    add_optional(nested, 2, column.declared_type);
  }
}

void add_framed(std::string& out, std::string_view message) {
  protozero::write_varint(std::back_inserter(out), message.size());
  out += message;
}

}  // namespace

std::string error_message(const ErrorView& error) {
  std::string out;
  pbf_writer writer(out);
  writer.add_string(1, readable(error.message));
  // Some clients fail without one.
  writer.add_string(2, readable(error.code.value_or("UNKNOWN")));
  return out;
}

void append_head(const StreamHead& head, std::string& out) {
  pbf_writer writer(out);
  add_optional(writer, 1, head.baton);
  add_optional(writer, 2, head.base_url);
}

void Writer::put_head(const StreamHead& head) {
  std::string message;
  append_head(head, message);
  add_framed(out_, message);
}

std::string_view Writer::why_not(const ValueView& value) const noexcept {
  return unsendable(value);
}

void Writer::begin(RequestType type, std::uint32_t /*steps*/) {
  open_ = true;
  failed_ = false;
  type_ = type;
  content_.clear();
  batch_.clear();
}

void Writer::put_entry(std::uint32_t field, std::string_view message) {
  std::string entry;
  add_message(entry, field, message);
  if (frame_ == Frame::cursor) {
    add_framed(out_, entry);
  } else {
    add_message(content_, 1, entry);
  }
}

void Writer::put_map_entry(std::uint32_t field, std::uint32_t step, std::string_view message) {
  pbf_writer batch(batch_);
  pbf_writer entry(batch, field);
  entry.add_uint32(1, step);
  entry.add_message(2, message.data(), message.size());
}

void Writer::put_step_begin(std::uint32_t step, std::span<const Column> columns) {
  step_ = step;
  result_.clear();
  pbf_writer writer(result_);
  if (entries()) {
    writer.add_uint32(1, step);
    add_columns(writer, 2, columns);
    put_entry(1, result_);
  } else {
    add_columns(writer, 1, columns);
  }
}

void Writer::put_row(std::span<const ValueView> values) {
  if (entries()) {
    std::string row;
    pbf_writer writer(row);
    for (const ValueView& value : values) add_value(writer, 1, value);
    put_entry(4, row);
    return;
  }
  pbf_writer result(result_);
  if (values.empty()) {
    add_empty(result, 2);
    return;
  }
  pbf_writer row(result, 2);
  for (const ValueView& value : values) add_value(row, 1, value);
}

void Writer::put_step_end(const StepEnd& end) {
  if (entries()) {
    std::string message;
    pbf_writer writer(message);
    writer.add_uint64(1, end.affected_row_count);
    if (end.last_insert_rowid) writer.add_sint64(2, *end.last_insert_rowid);
    put_entry(2, message);
    return;
  }
  pbf_writer writer(result_);
  writer.add_uint64(3, end.affected_row_count);
  if (end.last_insert_rowid) writer.add_sint64(4, *end.last_insert_rowid);
  if (end.replication_index) writer.add_uint64(5, *end.replication_index);
  writer.add_uint64(6, end.rows_read);
  writer.add_uint64(7, end.rows_written);
  writer.add_double(8, end.query_duration_ms);
  if (type_ == RequestType::batch) {
    put_map_entry(1, step_, result_);
  } else {
    add_message(content_, 1, result_);
  }
}

void Writer::put_step_error(std::uint32_t step, const ErrorView& problem) {
  const std::string error = error_message(problem);
  if (entries()) {
    std::string message;
    pbf_writer writer(message);
    writer.add_uint32(1, step);
    writer.add_message(2, error);
    put_entry(3, message);
  } else if (type_ == RequestType::batch) {
    put_map_entry(2, step, error);
  } else {
    put_error_answer(error);
  }
}

// Clients fail on an entry that the specification does not have, so a cursor's index is left out.
void Writer::replication_index(std::optional<std::uint64_t> index) {
  if (open_ && type_ == RequestType::batch && index) pbf_writer(batch_).add_uint64(3, *index);
}

void Writer::fetched(bool done) { pbf_writer(content_).add_bool(2, done); }

void Writer::description(const Description& description) {
  pbf_writer content(content_);
  pbf_writer writer(content, 1);
  for (const OptionalText& name : description.parameters) {
    if (name) {
      pbf_writer parameter(writer, 1);
      add_optional(parameter, 1, name);
    } else {
      add_empty(writer, 1);
    }
  }
  for (const DescribedColumn& column : description.columns) {
    pbf_writer nested(writer, 2);
    nested.add_string(1, readable(column.name));
    add_optional(nested, 2, column.declared_type);
  }
  writer.add_bool(3, description.is_explain);
  writer.add_bool(4, description.is_readonly);
}

void Writer::autocommit(bool is_autocommit) { pbf_writer(content_).add_bool(1, is_autocommit); }

void Writer::end() {
  open_ = false;
  if (failed_) return;
  if (type_ == RequestType::batch) add_message(content_, 1, batch_);
  const RequestInfo& info = info_of(type_);
  pbf_writer out(out_);
  if (frame_ == Frame::response) {
    pbf_writer message(out, 3);
    message.add_int32(1, request_id_);
    message.add_message(info.socket_field, content_);
  } else {
    pbf_writer result(out, 3);
    pbf_writer response(result, 1);
    response.add_message(info.http_field, content_);
  }
}

void Writer::put_error_answer(const std::string& error) {
  failed_ = open_;
  pbf_writer out(out_);
  if (frame_ == Frame::response) {
    pbf_writer message(out, 4);
    message.add_int32(1, request_id_);
    message.add_message(2, error);
  } else {
    pbf_writer result(out, 3);
    result.add_message(2, error);
  }
}

void Writer::error(const ErrorView& problem) {
  const std::string error = error_message(problem);
  if (entries()) {
    put_entry(5, error);
  } else {
    put_error_answer(error);
  }
}

}  // namespace libsql::hrana::protobuf
