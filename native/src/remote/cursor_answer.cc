#include "remote/cursor_answer.h"

#include <string>
#include <utility>
#include <vector>

#include "remote/server_error.h"
#include "remote/transaction_error.h"

namespace libsql::remote {

namespace {

// Rows that come with the answer to opening: few, so that they come soon, and enough for a first
// portion of 500, Ecto's default, although a WebSocket counts entries that are no rows too.
constexpr std::uint32_t kFirstRows = 512;
constexpr std::size_t kMaxBytesAhead = std::size_t{64} << 20;

std::vector<std::string_view> views_of(const std::vector<std::string>& names) {
  return {names.begin(), names.end()};
}

}  // namespace

std::int64_t tell_rows(OpenCursor& cursor, std::size_t max_rows, libsql::Receiver& receiver) {
  receiver.columns(views_of(cursor.columns));
  std::int64_t told = 0;
  while (!cursor.rows.empty() && static_cast<std::size_t>(told) < max_rows) {
    const std::vector<Value> row = std::move(cursor.rows.front());
    cursor.rows.pop_front();
    ++told;
    static_cast<void>(receiver.row(std::vector<ValueView>(row.begin(), row.end())));
  }
  if (cursor.rows.empty()) cursor.bytes = 0;
  return told;
}

void tell_portion(OpenCursor& cursor, std::size_t max_rows, libsql::Receiver& receiver) {
  const std::int64_t told = tell_rows(cursor, max_rows, receiver);
  // As of a local cursor: only a portion with fewer rows than were wanted is the last.
  const bool is_short = static_cast<std::size_t>(told) < max_rows;
  receiver.portion(told, is_short && cursor.done && !cursor.failure);
}

std::shared_ptr<Stream> CursorAnswer::stream() {
  return in_transaction() ? core_->data().stream() : cursor_->own_stream;
}

bool CursorAnswer::open(const Call& call, PlanBuilder builder) {
  SessionData& data = core_->data();
  hrana::Batch batch;
  plan_ = std::move(builder).cursor(batch);
  deadline_ = call.deadline;
  if (!in_transaction()) cursor_->own_stream = data.transport().open_stream();
  core_->send(call, stream(), [&](Stream& to) {
    if (data.transport().version() == 2) {
      // It has no cursors: the rows come at once.
      const hrana::Request request = hrana::RunBatch{std::move(batch)};
      done_ = true;
      to.send({{&request, 1}, deadline_, !in_transaction(), plan_.repeatable}, shared_from_this());
    } else {
      to.open_cursor({batch, kFirstRows, deadline_, plan_.repeatable, !in_transaction()},
                     shared_from_this());
    }
  });
  return false;
}

void CursorAnswer::ask(std::uint32_t max_rows) {
  stream()->fetch(max_rows, deadline_, shared_from_this());
}

bool CursorAnswer::read_ahead(const Call& call) {
  purpose_ = Purpose::read_ahead;
  deadline_ = call.deadline;
  core_->send(call, stream(), [&](Stream& /*to*/) { ask(kDrainRows); });
  return false;
}

bool CursorAnswer::fetch(const Call& call, std::uint32_t max_rows) {
  purpose_ = Purpose::fetch;
  deadline_ = call.deadline;
  wanted_ = max_rows;
  guarded_.tell([&](libsql::Receiver& to) { rows_ = tell_rows(*cursor_, max_rows, to); });
  core_->send(call, stream(), [&](Stream& /*to*/) { ask(missing()); });
  return false;
}

// --- Events ---

void CursorAnswer::step_begin(std::uint32_t step, std::span<const hrana::Column> columns) {
  step_ = step;
  if (!is_member(step)) return;
  ran_ = true;
  core_->data().compare(cursor_->sql, columns);
  for (const hrana::Column& column : columns) {
    cursor_->columns.emplace_back(column.name.value_or(std::string_view()));
  }
}

bool CursorAnswer::row(std::span<const ValueView> values) {
  ++rows_;
  if (purpose_ != Purpose::fetch) {
    keep(values);
    return true;
  }
  guarded_.tell([&](libsql::Receiver& to) { static_cast<void>(to.row(values)); });
  return true;
}

void CursorAnswer::keep(std::span<const ValueView> values) {
  std::vector<Value>& row = cursor_->rows.emplace_back();
  row.reserve(values.size());
  for (const ValueView& value : values) {
    row.push_back(value.to_value());
    cursor_->bytes += sizeof(Value) + value.bytes().size();
  }
}

void CursorAnswer::step_end(const hrana::StepEnd& end) {
  if (!is_member(step_) || !is_dml(statement_kind(cursor_->sql))) return;
  core_->data().note_write(std::nullopt);  // Entries of cursors have no index.
  if (purpose_ != Purpose::open) return;
  SessionState& state = core_->data().state();
  state.changes = static_cast<std::int64_t>(end.affected_row_count);
  state.total_changes += state.changes;
  if (end.last_insert_rowid) state.last_insert_rowid = *end.last_insert_rowid;
}

void CursorAnswer::step_error(std::uint32_t /*step*/, const hrana::ErrorView& view) { error(view); }

void CursorAnswer::error(const hrana::ErrorView& view) {
  if (error_) return;
  const Error error = server_error(view);
  error_ = error.with_statement(cursor_->sql, error.sql_offset());
}

// --- The end of an answer ---

void CursorAnswer::end_cursor() noexcept {
  cursor_->done = true;
  cursor_->own_stream.reset();
  if (core_->data().active() == cursor_) core_->data().set_active(nullptr);
}

void CursorAnswer::fail(const Error& error, bool transaction_lost) {
  error_ = transaction_lost ? with_lost_transaction(error) : error;
  cursor_->failure = error_;
  end_cursor();
  if (transaction_lost) core_->data().lose_transaction();
}

void CursorAnswer::end_request(const std::optional<Error>& error) {
  const std::optional<Error>& thrown = guarded_.failure();
  const Error* const what = error ? &*error : thrown ? &*thrown : nullptr;
  core_->end_turn(receiver_, what);
}

void CursorAnswer::finished(const StreamFailure* failure, bool /*open*/) noexcept {
  try {
    if (failure != nullptr) {
      core_->answered();
      fail(failure->error, in_transaction());
      return end_request(error_);
    }
    if (error_) {
      core_->answered();
      if (!done_) stream()->close_cursor();
      fail(*error_, in_transaction() && !ran_ && !core_->data().started());
      return end_request(error_);
    }
    switch (purpose_) {
      case Purpose::open:
        return on_opened();
      case Purpose::read_ahead:
        return on_read_ahead();
      case Purpose::fetch:
        return on_fetched();
    }
  } catch (...) {
    const Error error = current_failure();
    core_->end_turn(receiver_, &error);
  }
}

void CursorAnswer::on_opened() {
  core_->answered();
  SessionData& data = core_->data();
  if (in_transaction()) {
    data.set_started();
    if (!ran_ && done_) {
      fail(rolled_back(), true);
      return end_request(error_);
    }
    if (!done_) data.set_active(cursor_);
  }
  if (done_) end_cursor();
  const CursorId id = data.add(cursor_);
  guarded_.tell([&](libsql::Receiver& to) { to.opened(id); });
  end_request(std::nullopt);
}

void CursorAnswer::on_read_ahead() {
  if (!done_ && cursor_->bytes <= kMaxBytesAhead) return ask(kDrainRows);
  core_->answered();
  if (!done_) {
    stream()->close_cursor();
    cursor_->failure = Error(
        ErrorKind::too_big,
        "the cursor's transaction was used for something else, and more than 64 MB of its rows "
        "were left: read it to its end first, or outside of the transaction");
  }
  end_cursor();
  core_->run_on(next_->request(), std::move(next_call_));
}

void CursorAnswer::on_fetched() {
  // Entries that are no rows count too over a WebSocket, and pages have a limit.
  if (!done_ && missing() > 0) return ask(missing());
  core_->answered();
  if (done_) end_cursor();
  guarded_.tell([&](libsql::Receiver& to) { to.portion(rows_, missing() > 0); });
  end_request(std::nullopt);
}

}  // namespace libsql::remote
