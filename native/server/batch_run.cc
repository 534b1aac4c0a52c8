#include "server/batch_run.h"

#include <algorithm>

#include "server/failures.h"
#include "server/response_budget.h"

namespace libsql::server {

using hrana::StepOutcome;

bool BatchRun::holds(const hrana::BatchStep& step) const {
  return !step.condition || hrana::holds(*step.condition, outcomes_, !session_.in_transaction());
}

// Runs `action`; an error of SQL becomes that of the current step. False then.
template <typename Action>
bool BatchRun::guard(hrana::Receiver& out, Action action) {
  const auto fail = [&](const SqlError& error) {
    running_.reset();
    out.step_error(static_cast<std::uint32_t>(outcomes_.size()), error.view());
    outcomes_.push_back(StepOutcome::error);
    return false;
  };
  try {
    action();
    return true;
  } catch (const SqlError& error) {
    return fail(error);
  } catch (const Error& error) {
    return fail(sql_error(error));
  }
}

bool BatchRun::advance(hrana::Receiver& out, Portion portion) {
  while (outcomes_.size() < batch_.steps.size()) {
    if (portion.entries == 0 || portion.bytes == 0) return false;
    if (!running_) {
      if (!holds(batch_.steps[outcomes_.size()])) {
        outcomes_.push_back(StepOutcome::skipped);
        continue;
      }
      --portion.entries;
      start_step(out);
    } else if (read_step(out, portion)) {
      return false;
    }
  }
  return true;
}

void BatchRun::start_step(hrana::Receiver& out) {
  const std::size_t index = outcomes_.size();
  guard(out, [&] {
    timed_out_ |= session_.begin_program();
    if (timed_out_) throw_transaction_timeout();
    running_.emplace(session_);
    running_->start(batch_.steps[index].stmt, access_);
    out.step_begin(static_cast<std::uint32_t>(index), running_->columns());
  });
}

bool BatchRun::read_step(hrana::Receiver& out, Portion& portion) {
  const bool wanted = batch_.steps[outcomes_.size()].stmt.want_rows;
  bool full = false;
  guard(out, [&] {
    while (const auto row = running_->next()) {
      if (!wanted) continue;
      if (!out.row(*row)) return end_step(out, StepOutcome::error);
      --portion.entries;
      portion.bytes -= std::min(portion.bytes, bytes_of(*row));
      full = portion.entries == 0 || portion.bytes == 0;
      if (full) return;
    }
    end_step(out, StepOutcome::ok);
    --portion.entries;
  });
  return full;
}

void BatchRun::end_step(hrana::Receiver& out, StepOutcome outcome) {
  const hrana::StepEnd end = running_->finish();
  running_.reset();
  outcomes_.push_back(outcome);
  out.step_end(end);
}

}  // namespace libsql::server
