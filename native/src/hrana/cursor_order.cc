#include "hrana/cursor_order.h"

#include "hrana/malformed.h"

namespace libsql::hrana {

void CursorOrder::require(State state, const char* problem) const {
  if (state_ == state) return;
  if (state_ == State::ended) {
    throw Malformed(Fault::out_of_order, "entry", "follows the last one of the cursor");
  }
  throw Malformed(Fault::out_of_order, "entry", problem);
}

void CursorOrder::advance_to(std::uint32_t step) {
  if (step < next_step_) {
    throw Malformed(Fault::out_of_order, "step", "is not after the step before it");
  }
  next_step_ = std::uint64_t{step} + 1;
}

void CursorOrder::step_begin(std::uint32_t step, std::span<const Column> columns) {
  require(State::between_steps, "step_begin comes inside a step");
  advance_to(step);
  state_ = State::in_step;
  step_ = step;
  width_ = columns.size();
  wants_rows_ = true;
  receiver_.step_begin(step, columns);
}

bool CursorOrder::row(std::span<const ValueView> values) {
  require(State::in_step, "row comes outside a step");
  if (values.size() != width_) {
    throw Malformed(Fault::mismatch, "row", "has another number of values than columns");
  }
  if (wants_rows_) wants_rows_ = receiver_.row(values);
  return wants_rows_;
}

void CursorOrder::step_end(const StepEnd& end) {
  require(State::in_step, "step_end comes outside a step");
  state_ = State::between_steps;
  receiver_.step_end(end);
}

void CursorOrder::step_error(std::uint32_t step, const ErrorView& error) {
  if (state_ == State::in_step) {
    if (step != step_) {
      throw Malformed(Fault::out_of_order, "step",
                      "step_error is of another step than the open one");
    }
  } else {
    require(State::between_steps, "");
    advance_to(step);
  }
  state_ = State::between_steps;
  receiver_.step_error(step, error);
}

void CursorOrder::replication_index(std::optional<std::uint64_t> index) {
  require(State::between_steps, "replication_index comes inside a step");
  state_ = State::ended;
  receiver_.replication_index(index);
}

void CursorOrder::error(const ErrorView& error) {
  if (state_ == State::ended) require(State::between_steps, "");
  state_ = State::ended;
  receiver_.error(error);
}

void CursorOrder::finish() const {
  if (state_ == State::in_step) {
    throw Malformed(Fault::truncated, "cursor", "the body ended inside a step");
  }
}

}  // namespace libsql::hrana
