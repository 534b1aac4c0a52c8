#include "remote/streamless.h"

#include <string_view>
#include <utility>
#include <variant>

#include "hrana/malformed.h"
#include "libsql/sql.h"

namespace libsql::remote {

namespace {

using hrana::Condition;
using hrana::Fault;
using hrana::Malformed;
using Kind = Condition::Kind;

constexpr std::string_view kCount = "SELECT changes(), last_insert_rowid()";

// A code that means: the server is busy, nothing has run (server_error.cc).
constexpr hrana::ErrorView kForeignTransaction{
    "a transaction of another client is open on the only connection of this server; nothing of "
    "the request has run",
    "TRANSACTION_BUSY",
    {}};

// The same condition about the steps that are sent.
Condition moved(const Condition& condition, std::span<const std::uint32_t> places) {
  Condition result = condition;
  if (condition.kind == Kind::ok || condition.kind == Kind::error) {
    result.step = places[condition.step];
  }
  for (Condition& operand : result.operands) operand = moved(operand, places);
  return result;
}

hrana::Stmt by_position(const hrana::Stmt& stmt) {
  hrana::Stmt result = stmt;
  result.named_args.clear();
  for (const hrana::NamedArg& arg : stmt.named_args) result.args.push_back(arg.value);
  return result;
}

bool changes_rows(const hrana::Stmt& stmt) {
  const auto* const sql = std::get_if<std::string_view>(&stmt.sql);
  return sql != nullptr && is_dml(statement_kind(*sql));
}

// One request that is being made.
class RunBuilder {
 public:
  void add(const hrana::Stmt& stmt, const std::optional<Condition>& condition) {
    const auto place = static_cast<std::uint32_t>(batch_.steps.size());
    batch_.steps.push_back(
        {condition ? moved(*condition, places_) : Condition::is_autocommit(), by_position(stmt)});
    run_.steps.push_back({run_.original_steps, false, !condition});
    places_.push_back(place);
    if (changes_rows(stmt)) {
      hrana::Stmt count;
      count.sql = kCount;
      batch_.steps.push_back({Condition::ok(place), std::move(count)});
      run_.steps.push_back({run_.original_steps, true, false});
    }
    ++run_.original_steps;
  }

  void finish(bool is_batch, StreamlessRequests& result) && {
    run_.is_batch = is_batch;
    result.requests.emplace_back(hrana::RunBatch{std::move(batch_)});
    result.runs.push_back(std::move(run_));
  }

 private:
  hrana::Batch batch_;
  StreamlessRun run_;
  std::vector<std::uint32_t> places_;  // Of the original steps.
};

void add_request(const hrana::Request& request, StreamlessRequests& result) {
  RunBuilder run;
  if (const auto* const execute = std::get_if<hrana::Execute>(&request)) {
    run.add(execute->stmt, std::nullopt);
  } else if (const auto* const batch = std::get_if<hrana::RunBatch>(&request)) {
    for (const hrana::BatchStep& step : batch->batch.steps) run.add(step.stmt, step.condition);
  } else {
    throw needs_streams("describing a statement without running it");
  }
  std::move(run).finish(std::holds_alternative<hrana::RunBatch>(request), result);
}

}  // namespace

Error needs_streams(const std::string& what) {
  return {ErrorKind::unsupported,
          what +
              " is not possible on this server: all its clients share one connection, as on "
              "tursodb --sync-server. Statements that belong together can be sent as one "
              "transactional batch"};
}

StreamlessRequests for_streamless(std::span<const hrana::Request> requests) {
  if (requests.empty() || !std::holds_alternative<hrana::CloseStream>(requests.back())) {
    throw needs_streams("a transaction of several requests");
  }
  StreamlessRequests result;
  for (const hrana::Request& request : requests.first(requests.size() - 1)) {
    if (!std::holds_alternative<hrana::GetAutocommit>(request)) add_request(request, result);
  }
  return result;
}

// --- The answer ---

void StreamlessAnswer::begin(hrana::RequestType /*type*/, std::uint32_t /*steps*/) {
  next_step_ = 0;
  has_begun_ = false;
  has_failed_ = false;
  if (run().is_batch) tell_begin();
}

void StreamlessAnswer::tell_begin() {
  if (has_begun_) return;
  has_begun_ = true;
  if (run().is_batch) {
    to_.begin(hrana::RequestType::batch, run().original_steps);
  } else {
    to_.begin(hrana::RequestType::execute, 0);
  }
}

void StreamlessAnswer::fail(std::uint32_t step, const hrana::ErrorView& error) {
  if (run().is_batch) return to_.step_error(step, error);
  has_failed_ = true;
  to_.error(error);
}

void StreamlessAnswer::skip_to(std::uint32_t step) {
  for (; next_step_ < step; ++next_step_) {
    const StreamlessStep& skipped = run().steps[next_step_];
    if (skipped.counts && pending_) {
      throw Malformed(Fault::missing, "step_results", "the number of changed rows is not there");
    }
    if (skipped.guarded) fail(skipped.of, kForeignTransaction);
  }
}

const StreamlessStep& StreamlessAnswer::reach(std::uint32_t step) {
  if (step >= run().steps.size()) {
    throw Malformed(Fault::mismatch, "step_results", "there are more steps than were asked for");
  }
  skip_to(step);
  return run().steps[step];
}

void StreamlessAnswer::step_begin(std::uint32_t step, std::span<const hrana::Column> columns) {
  const StreamlessStep& begun = reach(step);
  if (begun.counts) return;
  tell_begin();
  to_.step_begin(begun.of, columns);
}

bool StreamlessAnswer::row(std::span<const ValueView> values) {
  if (!run().steps[next_step_].counts) return to_.row(values);
  const bool are_numbers = values.size() == 2 && values[0].type() == ValueType::integer &&
                           values[1].type() == ValueType::integer;
  if (!are_numbers || !pending_) {
    throw Malformed(Fault::wrong_type, "step_results", "the number of changed rows is none");
  }
  pending_->affected_row_count = static_cast<std::uint64_t>(values[0].integer());
  pending_->last_insert_rowid = values[1].integer();
  to_.step_end(*std::exchange(pending_, std::nullopt));
  return true;
}

void StreamlessAnswer::step_end(const hrana::StepEnd& end) {
  const bool counts = run().steps[next_step_++].counts;
  if (counts) {
    if (!pending_) return;
    throw Malformed(Fault::missing, "step_results", "the number of changed rows is not there");
  }
  const bool is_counted = next_step_ < run().steps.size() && run().steps[next_step_].counts;
  if (!is_counted) return to_.step_end(end);
  pending_ = end;
}

void StreamlessAnswer::step_error(std::uint32_t step, const hrana::ErrorView& error) {
  const StreamlessStep& failed = reach(step);
  if (failed.counts) {
    throw Malformed(Fault::missing, "step_results", "the number of changed rows is not there");
  }
  ++next_step_;
  fail(failed.of, error);
}

void StreamlessAnswer::replication_index(std::optional<std::uint64_t> index) {
  if (run().is_batch) to_.replication_index(index);
}

void StreamlessAnswer::end() {
  skip_to(static_cast<std::uint32_t>(run().steps.size()));
  if (!has_failed_) to_.end();
  ++run_;
}

void StreamlessAnswer::error(const hrana::ErrorView& error) {
  to_.error(error);
  ++run_;
}

}  // namespace libsql::remote
