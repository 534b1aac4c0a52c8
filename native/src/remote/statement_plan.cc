#include "remote/statement_plan.h"

#include <algorithm>
#include <utility>

#include "core/sql_savepoint.h"
#include "core/sql_traces.h"

namespace libsql::remote {

using hrana::Condition;

namespace {

// Nested scopes may share a name: SQLite takes the innermost.
constexpr std::string_view kSavepoint = "SAVEPOINT libsql_atomic";
constexpr std::string_view kRelease = "RELEASE libsql_atomic";
constexpr std::string_view kRollbackTo = "ROLLBACK TO libsql_atomic";

Condition in_transaction() { return Condition::negation(Condition::is_autocommit()); }
Condition not_ok(std::uint32_t step) { return Condition::negation(Condition::ok(step)); }

// Behind it the transaction is over, on purpose.
bool ends_transaction(const Member& member) {
  if (member.kind == StatementKind::commit) return true;
  return member.kind == StatementKind::rollback && !core::savepoint_text(member.sql);
}

// Behind it one may be open that was not, or the other way round.
bool changes_transaction(const Member& member) noexcept {
  return member.kind == StatementKind::begin || member.kind == StatementKind::savepoint ||
         member.kind == StatementKind::release || ends_transaction(member);
}

void copy_value(ValueView& view, std::vector<Value>& values) {
  // Numbers need no copy.
  if (view.type() != ValueType::text && view.type() != ValueType::blob) return;
  view = ValueView(values.emplace_back(view.to_value()));
}

}  // namespace

void PlanBuilder::add(std::string_view sql, StatementKind kind, hrana::Stmt stmt) {
  if (is_over_) {
    return add_failed(sql, Error(ErrorKind::unknown_transaction,
                                 "Transaction not found: a statement before this one ends it"));
  }
  const Member& member = plan_.members.emplace_back(Member{std::string(sql), kind, {}});
  is_over_ = standing_.in_transaction && standing_.named && ends_transaction(member);
  stmt.sql = std::string_view(member.sql);
  statements_.push_back(std::move(stmt));
}

void PlanBuilder::add_copy(std::string_view sql, StatementKind kind, const hrana::Stmt& stmt) {
  hrana::Stmt copy = stmt;
  std::vector<Value>& values = plan_.values.emplace_back();
  values.reserve(copy.args.size() + copy.named_args.size());
  for (ValueView& value : copy.args) copy_value(value, values);
  add(sql, kind, std::move(copy));
  if (statements_.back().named_args.empty()) return;
  // Names are views into the text that was given: the same places of the copy.
  const std::string_view own = plan_.members.back().sql;
  for (hrana::NamedArg& arg : statements_.back().named_args) {
    const auto offset = static_cast<std::size_t>(arg.name.data() - sql.data());
    arg.name = own.substr(offset, arg.name.size());
    copy_value(arg.value, values);
  }
}

void PlanBuilder::add_failed(std::string_view sql, const Error& error) {
  plan_.members.push_back({std::string(sql), statement_kind(sql), error});
  statements_.emplace_back();
}

std::uint32_t PlanBuilder::step(hrana::Stmt stmt, Conditions conditions) {
  hrana::BatchStep one;
  one.stmt = std::move(stmt);
  if (conditions.size() == 1) {
    one.condition = std::move(conditions.front());
  } else if (!conditions.empty()) {
    one.condition = Condition::all(std::move(conditions));
  }
  batch_.steps.push_back(std::move(one));
  return static_cast<std::uint32_t>(batch_.steps.size() - 1);
}

std::uint32_t PlanBuilder::step(std::string_view sql, Conditions conditions) {
  hrana::Stmt stmt;
  stmt.sql = sql;
  stmt.want_rows = false;
  return step(std::move(stmt), std::move(conditions));
}

void PlanBuilder::add_prefix() {
  for (const std::string& sql : plan_.prefix) {
    Conditions conditions;
    if (!batch_.steps.empty()) conditions.push_back(Condition::ok(plan_.prefix_steps - 1));
    if (standing_.started || !batch_.steps.empty()) conditions.push_back(in_transaction());
    step(sql, std::move(conditions));
    ++plan_.prefix_steps;
  }
}

void PlanBuilder::add_members(bool chained, bool guarded) {
  std::optional<std::uint32_t> before;
  if (!batch_.steps.empty()) before = static_cast<std::uint32_t>(batch_.steps.size() - 1);
  for (std::size_t i = 0; i < plan_.members.size(); ++i) {
    const Member& member = plan_.members[i];
    if (member.error) {
      plan_.step_of_member.emplace_back();
      continue;
    }
    Conditions conditions;
    if (before) conditions.push_back(Condition::ok(*before));
    if (guarded) conditions.push_back(in_transaction());
    const std::uint32_t index = step(std::move(statements_[i]), std::move(conditions));
    plan_.step_of_member.emplace_back(index);
    if (chained) before = index;
    if (ends_transaction(member)) guarded = false;
  }
}

// A server of version 2 does not tell whether a transaction is open; a BEGIN does.
void PlanBuilder::add_probe() {
  if (!standing_.version_2 || !standing_.in_transaction) return;
  const auto& last = plan_.step_of_member.back();
  if (last) plan_.probe_step = step("BEGIN", {not_ok(*last)});
}

bool PlanBuilder::any_of_kind(auto&& matches) const noexcept {
  return std::ranges::any_of(plan_.members, matches);
}

bool PlanBuilder::all_read() const noexcept {
  return !any_of_kind([](const Member& member) { return member.kind != StatementKind::select; });
}

Plan PlanBuilder::finished() {
  plan_.in_transaction = standing_.in_transaction;
  plan_.begins = any_of_kind(changes_transaction);
  // A transaction that was begun and not ended harms nobody when it is begun again elsewhere.
  const bool opens =
      standing_.in_transaction && !standing_.started && !any_of_kind(ends_transaction);
  plan_.repeatable = opens || (!standing_.in_transaction && all_read());
  plan_.close = !standing_.in_transaction && !plan_.begins;
  plan_.leaves_nothing = plan_.one_by_one && !any_of_kind([](const Member& member) {
                           return core::leaves_traces(member.kind, member.sql);
                         });
  if (!plan_.one_by_one) plan_.requests.emplace_back(hrana::RunBatch{std::move(batch_)});
  if (!plan_.close) plan_.requests.emplace_back(hrana::GetAutocommit{});
  return std::move(plan_);
}

Plan PlanBuilder::statement() && {
  if (standing_.in_transaction) {
    add_prefix();
    add_members(true, true);
    add_probe();
  } else {
    add_one_by_one();
  }
  return finished();
}

// The server answers each, also where it cannot parse one of them: for a batch it would refuse all.
void PlanBuilder::add_one_by_one() {
  plan_.one_by_one = true;
  for (std::size_t i = 0; i < plan_.members.size(); ++i) {
    plan_.step_of_member.emplace_back();
    if (plan_.members[i].error) continue;
    plan_.step_of_member.back() = static_cast<std::uint32_t>(plan_.requests.size());
    plan_.requests.emplace_back(hrana::Execute{std::move(statements_[i])});
  }
}

Plan PlanBuilder::batch(bool halt) && {
  plan_.halts = halt;
  if (!halt && !standing_.in_transaction) {
    add_one_by_one();
  } else {
    add_prefix();
    add_members(halt, standing_.in_transaction);
    add_probe();
  }
  return finished();
}

Plan PlanBuilder::atomic_batch() && {
  add_prefix();
  const bool nested = standing_.in_transaction;
  Conditions conditions;
  if (plan_.prefix_steps > 0) conditions.push_back(Condition::ok(plan_.prefix_steps - 1));
  if (nested) conditions.push_back(in_transaction());
  const std::string_view begin = all_read() ? "BEGIN" : "BEGIN IMMEDIATE";
  const std::uint32_t open = step(nested ? kSavepoint : begin, std::move(conditions));
  add_members(true, true);
  const auto last = static_cast<std::uint32_t>(batch_.steps.size() - 1);
  const std::uint32_t keep =
      step(nested ? kRelease : "COMMIT", {Condition::ok(last), in_transaction()});
  const std::uint32_t undo = step(nested ? kRollbackTo : "ROLLBACK",
                                  {Condition::ok(open), not_ok(keep), in_transaction()});
  if (nested) step(kRelease, {Condition::ok(undo), in_transaction()});
  plan_.open_step = open;
  plan_.keep_step = keep;
  return finished();
}

Plan PlanBuilder::commit() && {
  plan_.members.push_back({"COMMIT", StatementKind::commit, {}});
  plan_.step_of_member.emplace_back(step("COMMIT", {in_transaction()}));
  Plan plan = finished();
  plan.close = true;
  return plan;
}

Plan PlanBuilder::cursor(hrana::Batch& batch) && {
  if (standing_.in_transaction) add_prefix();
  add_members(true, standing_.in_transaction);
  batch = std::move(batch_);
  batch_ = {};
  return finished();
}

}  // namespace libsql::remote
