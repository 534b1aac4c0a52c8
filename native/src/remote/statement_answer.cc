#include "remote/statement_answer.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/sql_savepoint.h"
#include "remote/server_error.h"
#include "remote/transaction_error.h"

namespace libsql::remote {

namespace {

// SQLite may have rolled the transaction back by itself. Source: sqlite.org/lang_transaction.html,
// "Response To Errors Within A Transaction".
bool may_roll_back(const Error& error) noexcept {
  return error.kind() == ErrorKind::full || error.kind() == ErrorKind::io ||
         error.kind() == ErrorKind::out_of_memory || error.kind() == ErrorKind::busy ||
         error.kind() == ErrorKind::interrupted || error.recovery().transaction_lost;
}

bool may_change_schema(StatementKind kind) noexcept {
  return kind == StatementKind::ddl || kind == StatementKind::drop ||
         kind == StatementKind::attach || kind == StatementKind::rollback;
}

bool may_commit(StatementKind kind) noexcept {
  return kind == StatementKind::commit || kind == StatementKind::release;
}

// What begins a transaction or drops it shows nothing of the database.
bool may_read(StatementKind kind) noexcept {
  return kind != StatementKind::begin && kind != StatementKind::savepoint &&
         kind != StatementKind::rollback;
}

bool may_write(StatementKind kind) noexcept {
  return is_dml(kind) || kind == StatementKind::ddl || kind == StatementKind::drop ||
         kind == StatementKind::pragma || kind == StatementKind::other;
}

}  // namespace

StatementAnswer::StatementAnswer(std::shared_ptr<SessionCore> core,
                                 std::shared_ptr<libsql::Receiver> receiver, Plan plan, Shape shape)
    : core_(std::move(core)),
      receiver_(std::move(receiver)),
      guarded_(*receiver_),
      plan_(std::move(plan)),
      shape_(shape) {}

std::shared_ptr<Stream> StatementAnswer::stream() {
  if (plan_.in_transaction) return core_->data().stream();
  own_stream_ = core_->data().transport().open_stream();
  return own_stream_;
}

std::optional<std::size_t> StatementAnswer::member_of(std::uint32_t step) const noexcept {
  // Members stand in the order of their steps, a few failed ones between them.
  const auto& steps = plan_.step_of_member;
  for (std::size_t i = std::min<std::size_t>(ended_members_, steps.size()); i < steps.size(); ++i) {
    if (steps[i] == step) return i;
  }
  return std::nullopt;
}

Error StatementAnswer::named(const Error& error, std::size_t member) const {
  return error.with_statement(plan_.members[member].sql, error.sql_offset());
}

void StatementAnswer::tell_failures(std::size_t end) {
  for (; told_ < end; ++told_) {
    if (plan_.halts && has_told_failure_) return;
    const Member& member = plan_.members[told_];
    if (failed_ == told_) {
      failed_.reset();
    } else if (member.error) {
      member_error_ = named(*member.error, told_);
    } else {
      return;  // It has not run.
    }
    has_told_failure_ = true;
    if (tells_failures()) guarded_.tell([&](libsql::Receiver& to) { to.failed(*member_error_); });
  }
}

void StatementAnswer::begin(hrana::RequestType /*type*/, std::uint32_t /*steps*/) {}

void StatementAnswer::step_begin(std::uint32_t step, std::span<const hrana::Column> columns) {
  step_ = plan_.one_by_one ? static_cast<std::uint32_t>(answered_) : step;
  rows_ = 0;
  const auto member = member_of(step_);
  if (!member) return;
  tell_failures(*member);
  core_->data().compare(plan_.members[*member].sql, columns);
  if (columns.empty() || shape_ == Shape::control || shape_ == Shape::commit) return;
  std::vector<std::string_view> names;
  names.reserve(columns.size());
  for (const hrana::Column& column : columns) {
    names.push_back(column.name.value_or(std::string_view()));
  }
  guarded_.tell([&](libsql::Receiver& to) { to.columns(names); });
}

bool StatementAnswer::row(std::span<const ValueView> values) {
  ++rows_;
  guarded_.tell([&](libsql::Receiver& to) { static_cast<void>(to.row(values)); });
  return !guarded_.failure();
}

void StatementAnswer::step_end(const hrana::StepEnd& end) {
  if (step_ == plan_.keep_step) {
    kept_ = true;
    core_->data().note_index(end.replication_index);
  }
  if (step_ == plan_.probe_step) probe_found_transaction_ = false;
  if (const auto member = member_of(step_)) on_member_end(*member, end);
}

void StatementAnswer::on_member_end(std::size_t index, const hrana::StepEnd& end) {
  const Member& member = plan_.members[index];
  ended_members_ = index + 1;
  SessionState& state = core_->data().state();
  const auto changes = static_cast<std::int64_t>(end.affected_row_count);
  if (is_dml(member.kind)) {
    state.changes = changes;
    state.total_changes += changes;
    if (end.last_insert_rowid && member.kind == StatementKind::insert) {
      state.last_insert_rowid = *end.last_insert_rowid;
    }
  }
  if (may_write(member.kind)) {
    core_->data().note_write(end.replication_index);
  } else if (may_commit(member.kind)) {
    core_->data().note_index(end.replication_index);
  } else if (may_read(member.kind)) {
    core_->data().note_read(end.replication_index);
  }
  if (may_change_schema(member.kind)) core_->data().forget_descriptions();
  ended_by_text_ |= member.kind == StatementKind::commit || member.kind == StatementKind::release ||
                    (member.kind == StatementKind::rollback && !core::savepoint_text(member.sql));
  told_ = index + 1;
  if (shape_ == Shape::control || shape_ == Shape::commit) return;
  const std::int64_t count = is_dml(member.kind) ? changes : rows_;
  guarded_.tell([&](libsql::Receiver& to) { to.done(member.kind, count); });
}

void StatementAnswer::step_error(std::uint32_t step, const hrana::ErrorView& view) {
  if (step == plan_.probe_step) return;  // The transaction is still there.
  const Error error = server_error(view);
  if (const auto member = member_of(step)) {
    tell_failures(*member);
    ended_members_ = *member + 1;
    member_error_ = named(error, *member);
    // Not yet: whether the transaction is lost comes at the end of the answer.
    failed_ = *member;
  } else if (step < plan_.prefix_steps) {
    prefix_error_ = error.with_statement(plan_.prefix[step], error.sql_offset());
  } else if (step == plan_.open_step) {
    open_error_ = error;
  } else if (step == plan_.keep_step) {
    keep_error_ = error;
  }
}

void StatementAnswer::error(const hrana::ErrorView& view) {
  const std::size_t request = answered_++;
  if (plan_.one_by_one) {
    // Behind the members stand questions about the state, which is then unknown.
    if (member_of(static_cast<std::uint32_t>(request))) {
      step_error(static_cast<std::uint32_t>(request), view);
    }
  } else if (request == 0) {
    const Error error = server_error(view);
    refusal_ = plan_.members.size() == 1 ? named(error, 0) : error;
  }
}

// --- The end ---

std::optional<Error> StatementAnswer::lose(std::optional<Error> error) {
  core_->data().lose_transaction();
  return error ? with_lost_transaction(*error) : rolled_back();
}

std::optional<Error> StatementAnswer::own_error() const {
  if (prefix_error_) return prefix_error_;
  if (open_error_) return open_error_;
  if (shape_ == Shape::batch) return std::nullopt;
  if (member_error_) return member_error_;
  if (keep_error_) {
    return plan_.in_transaction ? keep_error_ : with_lost_transaction(*keep_error_);
  }
  const bool all_ended = ended_members_ == plan_.members.size();
  if (plan_.keep_step && !(kept_ && all_ended)) return rolled_back();
  return std::nullopt;
}

bool StatementAnswer::is_autocommit(bool open) const {
  if (autocommit_) return *autocommit_;
  // Version 2 does not tell.
  if (!open) return true;
  if (plan_.probe_step) return !probe_found_transaction_ || ended_by_text_;
  if (plan_.in_transaction) {
    return ended_by_text_ || (member_error_ && may_roll_back(*member_error_)) || refusal_;
  }
  return !std::ranges::any_of(plan_.members,
                              [](const Member& member) {
                                return member.kind == StatementKind::begin ||
                                       member.kind == StatementKind::savepoint;
                              }) ||
         ended_by_text_ || member_error_ || refusal_;
}

// The server has refused the statements as a whole. Unless an answer was too large, none has run.
std::optional<Error> StatementAnswer::conclude_refused() {
  SessionData& data = core_->data();
  if (!plan_.in_transaction) return refusal_;
  const bool none_ran = refusal_->kind() != ErrorKind::too_big;
  const bool autocommit = is_autocommit(true);
  if (autocommit && none_ran && !data.started()) {
    data.drop_stream();  // Not even the BEGIN, which rides with the next one.
    return refusal_;
  }
  if (autocommit) return lose(refusal_);
  if (!none_ran) data.set_started();
  return refusal_;
}

std::optional<Error> StatementAnswer::conclude_in_transaction(bool open) {
  SessionData& data = core_->data();
  if (prefix_error_) return lose(prefix_error_);
  data.set_started();
  if (!is_autocommit(open)) return own_error();
  if (ended_by_text_) {
    data.end_transaction();
    // What stands behind the end of the transaction was not sent; a batch tells its members'.
    if (shape_ == Shape::script) tell_failures(plan_.members.size());
    return own_error();
  }
  if (member_error_) member_error_ = with_lost_transaction(*member_error_);
  const std::optional<Error> error = own_error();
  return lose(error ? error : member_error_);
}

std::optional<Error> StatementAnswer::conclude_commit() {
  SessionData& data = core_->data();
  const std::optional<Error> error = refusal_ ? refusal_ : member_error_;
  if (error || ended_members_ == 0) return lose(error);
  data.end_transaction();
  return std::nullopt;
}

std::optional<Error> StatementAnswer::conclude(bool open) {
  if (shape_ == Shape::commit) return conclude_commit();
  if (refusal_) return conclude_refused();
  if (plan_.in_transaction) return conclude_in_transaction(open);
  if (plan_.begins && !is_autocommit(open)) core_->data().adopt(std::move(own_stream_));
  return own_error();
}

void StatementAnswer::finished(const StreamFailure* failure, bool open) noexcept {
  core_->answered();
  std::optional<Error> error;
  if (failure != nullptr) {
    error = failure->error;
    if (plan_.members.size() == 1) error = named(*error, 0);
    if (plan_.in_transaction) error = lose(error);
  } else {
    const bool told = failed_.has_value();
    error = conclude(open);
    // The batch is over where all that is left of it are members that were never sent.
    if (told || (shape_ == Shape::batch && !refusal_)) tell_failures(plan_.members.size());
  }
  if (!error && guarded_.failure()) error = guarded_.failure();
  own_stream_.reset();
  core_->end_turn(receiver_, error ? &*error : nullptr);
}

}  // namespace libsql::remote
