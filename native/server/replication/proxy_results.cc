// Writes what proxy.Proxy answers.
#include <array>
#include <cstring>
#include <utility>

#include "hrana/text.h"
#include "libsql/error.h"
#include "server/replication/log_frame.h"
#include "server/replication/proxy_messages.h"

#include <protozero/pbf_writer.hpp>

namespace libsql::server::replication {
namespace {

using protozero::pbf_writer;

constexpr int kStateInit = 0;
constexpr int kStateTransaction = 2;

// The number of an error's code: that of its extended code, where SQLite has made it.
int number_of(const hrana::ErrorView& error) {
  constexpr std::string_view kPrefix = "SQLITE_";
  const std::string_view code = error.extended_code.value_or(error.code.value_or(""));
  if (code.substr(0, kPrefix.size()) != kPrefix) return 1;
  std::string name(code.substr(kPrefix.size()));
  for (char& letter : name) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  const int number = sqlite_code(name);
  return number == 0 ? 1 : number;
}

std::string error_message(const hrana::ErrorView& error) {
  std::string out;
  pbf_writer writer(out);
  writer.add_string(2, hrana::readable(error.message));
  writer.add_int32(3, number_of(error));
  return out;
}

template <typename Number>
void append_number(Number number, std::string& out) {
  std::array<unsigned char, sizeof(Number)> bytes{};
  detail::store_little_endian(bytes.data(), number);
  out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

std::uint64_t bits_of(double real) noexcept {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &real, sizeof bits);
  return bits;
}

// The encoding inside of Value.data.
std::string data_of(const ValueView& value) {
  std::string data;
  switch (value.type()) {
    case ValueType::null:
      append_number(std::uint32_t{0}, data);
      break;
    case ValueType::integer:
      append_number(std::uint32_t{1}, data);
      append_number(static_cast<std::uint64_t>(value.integer()), data);
      break;
    case ValueType::real:
      append_number(std::uint32_t{2}, data);
      append_number(bits_of(value.real()), data);
      break;
    case ValueType::text:
    case ValueType::blob: {
      const std::string_view bytes = value.bytes();
      append_number(std::uint32_t{value.type() == ValueType::text ? 3U : 4U}, data);
      append_number(std::uint64_t{bytes.size()}, data);
      data += bytes;
      break;
    }
  }
  return data;
}

void add_column(pbf_writer& parent, std::uint32_t field, std::string_view name,
                hrana::OptionalText type) {
  std::string column;
  pbf_writer writer(column);
  writer.add_string(1, hrana::readable(name));
  if (type) writer.add_string(3, hrana::readable(*type));
  parent.add_message(field, column);
}

}  // namespace

void ProxyResults::fill(std::size_t step) {
  constexpr std::string_view kNoRows("\x12\x00", 2);  // QueryResult with empty ResultRows.
  for (; written_ < step; ++written_) {
    pbf_writer(out_).add_message(1, kNoRows.data(), kNoRows.size());
  }
}

void ProxyResults::step_begin(std::uint32_t step, std::span<const hrana::Column> columns) {
  fill(step);
  rows_.clear();
  pbf_writer writer(rows_);
  for (const hrana::Column& column : columns) {
    add_column(writer, 1, column.name.value_or(""), column.declared_type);
  }
}

bool ProxyResults::row(std::span<const ValueView> values) {
  std::string row;
  pbf_writer writer(row);
  for (const ValueView& value : values) {
    const std::string data = data_of(value);
    std::string message;
    pbf_writer(message).add_bytes(1, data);
    writer.add_message(1, message);
  }
  pbf_writer(rows_).add_message(2, row);
  return true;
}

void ProxyResults::step_end(const hrana::StepEnd& end) {
  pbf_writer rows(rows_);
  rows.add_uint64(3, end.affected_row_count);
  if (end.last_insert_rowid) rows.add_int64(4, *end.last_insert_rowid);
  std::string result;
  pbf_writer(result).add_message(2, rows_);
  pbf_writer(out_).add_message(1, result);
  ++written_;
}

void ProxyResults::step_error(std::uint32_t step, const hrana::ErrorView& error) {
  fill(step);
  std::string result;
  pbf_writer(result).add_message(1, error_message(error));
  pbf_writer(out_).add_message(1, result);
  ++written_;
}

void ProxyResults::error(const hrana::ErrorView& error) {
  step_error(static_cast<std::uint32_t>(written_), error);
}

std::string ProxyResults::take() {
  fill(steps_);
  pbf_writer writer(out_);
  writer.add_enum(2, autocommit_ ? kStateInit : kStateTransaction);
  if (index_) writer.add_uint64(3, *index_);
  return std::exchange(out_, {});
}

void ProxyDescription::description(const hrana::Description& description) {
  std::string message;
  pbf_writer writer(message);
  for (const hrana::DescribedColumn& column : description.columns) {
    add_column(writer, 1, column.name, column.declared_type);
  }
  for (const hrana::OptionalText& name : description.parameters) {
    if (name) writer.add_string(2, name->data(), name->size());
  }
  writer.add_uint64(3, description.parameters.size());
  pbf_writer(out_).add_message(2, message);
}

void ProxyDescription::error(const hrana::ErrorView& error) {
  out_.clear();
  pbf_writer(out_).add_message(1, error_message(error));
}

}  // namespace libsql::server::replication
