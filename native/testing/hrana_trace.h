// A receiver of Hrana answers that writes its events down, one a line, for comparison.
#ifndef LIBSQL_TESTING_HRANA_TRACE_H_
#define LIBSQL_TESTING_HRANA_TRACE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "hrana/receiver.h"
#include "hrana/request_info.h"
#include "libsql/sql.h"

namespace libsql::testing {

// Writes e.g. "begin execute 0", "cols id:INTEGER", "row 7 'a' x'00FF'", "end".
class HranaTrace : public hrana::Receiver {
 public:
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  // row() asks for no more after this many rows of a step.
  void stop_after(int rows) { rows_wanted_ = rows; }

  void begin(hrana::RequestType type, std::uint32_t steps) override {
    line("begin " + std::string(hrana::info_of(type).socket_name) + ' ' + std::to_string(steps));
  }
  void step_begin(std::uint32_t step, std::span<const hrana::Column> columns) override {
    std::string text = "step " + std::to_string(step) + ':';
    for (const auto& column : columns)
      text += ' ' + of(column.name) + ':' + of(column.declared_type);
    rows_ = 0;
    line(text);
  }
  bool row(std::span<const ValueView> values) override {
    std::string text = "row";
    for (const ValueView& value : values) text += ' ' + of(value);
    line(text);
    return ++rows_ < rows_wanted_;
  }
  void step_end(const hrana::StepEnd& end) override {
    std::string text = "step_end affected " + std::to_string(end.affected_row_count);
    if (end.last_insert_rowid) text += " rowid " + std::to_string(*end.last_insert_rowid);
    if (end.replication_index) text += " index " + std::to_string(*end.replication_index);
    if (end.rows_read != 0) text += " read " + std::to_string(end.rows_read);
    if (end.rows_written != 0) text += " written " + std::to_string(end.rows_written);
    if (end.query_duration_ms != 0) text += " ms " + std::to_string(end.query_duration_ms);
    line(text);
  }
  void step_error(std::uint32_t step, const hrana::ErrorView& error) override {
    line("step_error " + std::to_string(step) + ' ' + of(error));
  }
  void replication_index(std::optional<std::uint64_t> index) override {
    line("index " + (index ? std::to_string(*index) : "none"));
  }
  void fetched(bool done) override { line(done ? "fetched, done" : "fetched, not done"); }
  void description(const hrana::Description& description) override {
    std::string text = "description";
    for (const auto& name : description.parameters) text += ' ' + of(name);
    text += " ->";
    for (const auto& column : description.columns) {
      text += ' ' + std::string(column.name) + ':' + of(column.declared_type);
    }
    if (description.is_explain) text += " explain";
    if (description.is_readonly) text += " readonly";
    line(text);
  }
  void autocommit(bool is_autocommit) override {
    line(is_autocommit ? "autocommit" : "no autocommit");
  }
  void end() override { line("end"); }
  void error(const hrana::ErrorView& error) override { line("error " + of(error)); }

  void line(const std::string& text) { text_ += text + '\n'; }

  [[nodiscard]] static std::string of(const ValueView& value) {
    if (value.type() == ValueType::real && value.real() != value.real()) return "NaN";
    return quote_value(value);
  }
  [[nodiscard]] static std::string of(const hrana::OptionalText& text) {
    return text ? std::string(*text) : "-";
  }
  [[nodiscard]] static std::string of(const hrana::ErrorView& error) {
    return of(error.code) + ' ' + of(error.extended_code) + ' ' + std::string(error.message);
  }

 private:
  std::string text_;
  int rows_ = 0;
  int rows_wanted_ = 1'000'000'000;
};

}  // namespace libsql::testing

#endif  // LIBSQL_TESTING_HRANA_TRACE_H_
