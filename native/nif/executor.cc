#include "executor.h"

#include <algorithm>

#include "rows.h"

namespace libsql::nif {

namespace {

using std::chrono::microseconds;
using std::chrono::steady_clock;

// How often a call that waits for the mutex looks whether its process still lives.
constexpr std::chrono::milliseconds kLookAround{20};
// enif_consume_timeslice() counts in hundredths of a time slice of about one millisecond.
constexpr microseconds kPercent{10};
constexpr int kAbortRollback = 516;  // SQLITE_ABORT_ROLLBACK. Source: as below
constexpr int kInterrupted = 9;      // SQLITE_INTERRUPT. Source: sqlite.org/rescode.html#interrupt

[[noreturn]] void stop_interrupted() {
  throw Error(ErrorKind::interrupted, "interrupted", kInterrupted);
}

}  // namespace

Use::Use(Call& call, ConnectionPtr connection)
    : call_(call),
      object_(std::move(connection)),
      lock_(object_->mutex(), std::defer_lock),
      started_(steady_clock::now()) {
  if (!call_.interrupts_seen()) call_.interrupts_seen(object_->interrupts());
  if (is_inline()) {
    lock_inline();
  } else {
    lock_dirty();
  }
}

void Use::lock_inline() {
  if (!lock_.try_lock()) return;
  if (!object_->is_open()) throw Failure(Failure::Kind::not_found, "Connection not found");
  check_transaction();
  connection().set_budget(kInlineBudget);
}

void Use::lock_dirty() {
  ErlNifEnv* env = call_.env();
  while (!lock_.try_lock_for(kLookAround)) {
    if (enif_is_current_process_alive(env) == 0) stop_interrupted();
    check_interrupts();
    if (call_.deadline() && steady_clock::now() >= *call_.deadline()) {
      throw Error(ErrorKind::timeout, "interrupted: the connection was in use until the deadline",
                  kInterrupted);
    }
  }
  check_interrupts();
  check_transaction();
  connection().set_deadline(call_.deadline());
  // Looking at the count as well: the library forgets an interrupt that comes before the start.
  connection().set_cancel_check([this] {
    return enif_is_current_process_alive(call_.env()) == 0 ||
           call_.interrupts_seen() != object_->interrupts();
  });
}

void Use::check_interrupts() const {
  if (!object_->is_open()) throw Failure(Failure::Kind::not_found, "Connection not found");
  if (call_.interrupts_seen() != object_->interrupts()) stop_interrupted();
}

// Outside of its transaction a statement would take effect at once, and for good.
void Use::check_transaction() {
  if (call_.transaction() == 0 || connection().lost_transaction() != call_.transaction()) return;
  throw Error(
      ErrorKind::misuse,
      "the transaction was rolled back by SQLite when a statement in it failed; it has to be "
      "ended before anything else can run",
      kAbortRollback);
}

Use::~Use() {
  if (!locked()) return;
  end_hold();
  try {
    if (is_inline()) {
      connection().set_budget({});
    } else {
      connection().set_cancel_check({});
      connection().set_deadline({});
      if (waits_) connection().set_write_wait(false);
    }
  } catch (const Error&) {
    // Closed by its own call: there is nothing left to set.
  }
}

bool Use::hold_write() {
  if (!connection().try_write()) return false;
  connection().hold_write();
  holds_ = true;
  return true;
}

void Use::wait_for_write() {
  connection().set_write_wait(true);
  waits_ = true;
}

void Use::end_hold() noexcept {
  if (std::exchange(holds_, false)) connection().release_write();
}

Term Use::finish(const Answer& answer) {
  if (!answer.give()) return complete(answer.term());
  switch (*answer.give()) {
    case Give::up:
      return give_up();
    case Give::wait:
      return wait();
  }
  return answer.term();
}

Term Use::finish(const Error& error) {
  if (error.kind() != ErrorKind::would_block) return complete(call_.error(error));
  if (!is_inline()) return wait();
  if (!writes_) return give_up();
  // Another connection of this process, which is worth a ticket, or another process?
  if (!connection().try_write()) return wait();
  connection().release_write();
  return give_up();
}

Term Use::complete(Term result) {
  end_hold();
  object_->note_transaction(env(), call_.self());
  object_->note_busy_timeout();
  object_->tickets().drop(call_.self());
  if (guarded().observing && object_->subscribers().empty()) {
    connection().observe({});
    guarded().observing = false;
  }
  if (is_inline()) bill();
  return result;
}

Term Use::give_up() {
  bill();
  return call_.continue_dirty();
}

Term Use::wait() {
  end_hold();
  object_->note_transaction(env(), call_.self());
  const auto& state = call_.state();
  const auto ticket = state->tickets.make(state, object_->weak_from_this(), call_.self());
  ErlNifPid self = call_.self();
  if (enif_monitor_process(env(), ticket.get(), &self, nullptr) != 0) stop_interrupted();
  object_->tickets().add(ticket);
  try {
    ticket->attach(connection().queue_for_write([ticket] { ticket->grant(); }));
  } catch (...) {
    ticket->leave_table();
    throw;
  }
  if (is_inline()) bill();
  return make_tuple(env(), atoms().wait, ticket.term(env()));
}

void Use::bill() noexcept {
  auto& unbilled = guarded().unbilled;
  unbilled += steady_clock::now() - started_;
  const auto percent = std::min<std::int64_t>(unbilled / kPercent, 100);
  if (percent < 1) return;
  unbilled = percent == 100 ? std::chrono::nanoseconds{0} : unbilled - percent * kPercent;
  enif_consume_timeslice(env(), static_cast<int>(percent));
}

Term Use::result_without_rows(StatementKind kind, std::int64_t count) {
  if (last_.term == 0 || last_.kind != kind || last_.count != count) {
    const Term nil = atoms().nil;
    const Term number = enif_make_int64(env(), count);
    last_ = {kind, count, make_tuple(env(), command_atom(atoms(), kind), nil, nil, number)};
  }
  return last_.term;
}

// --- Running one statement ---

namespace {

Answer run_with_rows(Use& use, Statement& statement, bool writes) {
  RowEncoder rows(use.env(), use.atoms());
  while (statement.step() == Step::row) {
    rows.add(statement.row());
    // What a query has read so far can be read again; what a write has done is done.
    if (use.is_inline() && !writes && rows.bytes() > kInlineResult) return Give::up;
  }
  const std::int64_t count = is_dml(statement.kind()) ? use.connection().changes()
                                                      : static_cast<std::int64_t>(rows.count());
  // Asked for last: SQLite compiles anew when the schema has changed, in the first step.
  const Term columns = column_names(use.env(), statement);
  return make_tuple(use.env(), command_atom(use.atoms(), statement.kind()), columns, rows.list(),
                    enif_make_int64(use.env(), count));
}

Answer run_without_rows(Use& use, Statement& statement) {
  const std::int64_t changes = statement.execute();
  const StatementKind kind = statement.kind();
  return use.result_without_rows(kind, is_dml(kind) ? changes : 0);
}

Answer run_bound(Use& use, Statement& statement, BindingScope& scope) {
  const bool writes = !statement.read_only();
  if (writes) use.will_write();
  const Answer answer = statement.column_count() > 0 ? run_with_rows(use, statement, writes)
                                                     : run_without_rows(use, statement);
  if (!answer.give()) scope.finished();
  return answer;
}

}  // namespace

Answer run_statement(Use& use, Statement& statement, Term parameters, Bindings bindings) {
  if (use.is_inline() && !use.allows(statement.work())) return Give::up;
  BindingScope scope(statement, bindings);
  const Bound bound = bind_parameters(use.env(), use.atoms(), statement, parameters);
  scope.bound(bound);
  if (use.is_inline() && bound.bytes > kInlineBytes) return Give::up;
  return run_bound(use, statement, scope);
}

Answer run_statement(Use& use, Statement& statement) {
  return run_statement(use, statement, enif_make_list(use.env(), 0), Bindings::left);
}

}  // namespace libsql::nif
