#include "hrana/checked_writer.h"

namespace libsql::hrana {

void CheckedWriter::step_begin(std::uint32_t step, std::span<const Column> columns) {
  step_ = step;
  failed_ = false;
  put_step_begin(step, columns);
}

bool CheckedWriter::row(std::span<const ValueView> values) {
  if (failed_) return false;
  for (const ValueView& value : values) {
    const std::string_view why = why_not(value);
    if (why.empty()) continue;
    failed_ = true;
    put_step_error(step_, {why, "UNSUPPORTED_VALUE", {}});
    return false;
  }
  put_row(values);
  return true;
}

void CheckedWriter::step_end(const StepEnd& end) {
  if (!failed_) put_step_end(end);
  failed_ = false;
}

void CheckedWriter::step_error(std::uint32_t step, const ErrorView& error) {
  if (!failed_ || step != step_) put_step_error(step, error);
  failed_ = false;
}

}  // namespace libsql::hrana
