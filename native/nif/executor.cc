#include "executor.h"

#include <algorithm>

#include "ids.h"
#include "rows.h"

namespace libsql::nif {

namespace {

using std::chrono::microseconds;
using std::chrono::steady_clock;

// How often a call that waits for the mutex looks whether its process still lives.
constexpr std::chrono::milliseconds kAliveCheckInterval{20};
// enif_consume_timeslice() counts in hundredths of a time slice of about one millisecond.
constexpr microseconds kTimeslicePercent{10};
constexpr int kAbortRollback = 516;  // SQLITE_ABORT_ROLLBACK. Source: as below
constexpr int kInterrupted = 9;      // SQLITE_INTERRUPT. Source: sqlite.org/rescode.html#interrupt

[[noreturn]] void stop_interrupted() {
  throw Error(ErrorKind::interrupted, "interrupted", kInterrupted);
}

}  // namespace

LockedConnection::LockedConnection(Call& call, ConnectionPtr connection)
    : call_(call),
      object_(std::move(connection)),
      lock_(object_->mutex(), std::defer_lock),
      started_(steady_clock::now()) {
  if (!call_.interrupts_seen()) call_.interrupts_seen(object_->interrupts());
  try {
    if (is_inline()) {
      lock_inline();
    } else {
      lock_elsewhere();
    }
  } catch (...) {
    // The call is refused: a write lock that its ticket has been granted goes to the next writer.
    object_->tickets().drop(call_.self());
    throw;
  }
}

void LockedConnection::lock_inline() {
  if (!lock_.try_lock()) return;
  if (!object_->is_open()) throw Failure::not_found(IdKind::connection);
  check_transaction();
  connection().set_budget(kInlineBudget);
}

void LockedConnection::lock_elsewhere() {
  while (!lock_.try_lock_for(kAliveCheckInterval)) {
    if (call_.is_abandoned()) stop_interrupted();
    check_interrupts();
    if (is_over()) {
      throw Error(ErrorKind::timeout, "interrupted: the connection was in use until the deadline",
                  kInterrupted);
    }
  }
  check_interrupts();
  check_transaction();
  turns_.emplace(call_.state()->turns);
  connection().set_deadline(call_.deadline());
  // The count is compared, too: the library drops an interrupt that comes before the statement
  // starts.
  connection().set_cancel_check([this] {
    if (takes_turns_) turns_->pass([this] { return is_over() || is_cancelled(); });
    return is_cancelled();
  });
}

void LockedConnection::only_reads(bool only_reads) {
  call_.allow_abandoning(only_reads);
  if (!turns_) return;
  takes_turns_ = only_reads && !connection().in_transaction();
  if (takes_turns_) {
    turns_->begin();
  } else {
    turns_->end();
  }
}

bool LockedConnection::is_cancelled() {
  return call_.is_abandoned() || call_.interrupts_seen() != object_->interrupts();
}

bool LockedConnection::is_over() const {
  return call_.deadline() && steady_clock::now() >= *call_.deadline();
}

void LockedConnection::check_interrupts() const {
  if (!object_->is_open()) throw Failure::not_found(IdKind::connection);
  if (call_.interrupts_seen() != object_->interrupts()) stop_interrupted();
}

// Outside of its transaction a statement would take effect at once and for good, or in a
// transaction that somebody else has opened since.
void LockedConnection::check_transaction() {
  if (!call_.transaction_id()) return;
  if (transaction_ == 0) {
    transaction_ = child_number(call_, object_->id(), *call_.transaction_id(), IdKind::transaction);
  }
  if (connection().in_transaction() && connection().transaction_serial() == transaction_) return;
  if (transaction_ == 0 || connection().auto_rolled_back() != transaction_) {
    throw Failure::not_found(IdKind::transaction);
  }
  throw Error(
      ErrorKind::misuse,
      "the transaction was rolled back by SQLite when a statement in it failed; it has to be "
      "ended before anything else can run",
      kAbortRollback);
}

LockedConnection::~LockedConnection() {
  if (!owns_lock()) return;
  end_write_hold();
  try {
    if (is_inline()) {
      connection().set_budget({});
    } else {
      connection().set_cancel_check({});
      connection().set_deadline({});
      if (waits_for_write_) connection().set_write_wait(false);
    }
  } catch (const Error&) {
    // The call itself has closed the connection.
  }
}

bool LockedConnection::hold_write() {
  if (!connection().try_write()) return false;
  connection().hold_write();
  holds_write_ = true;
  return true;
}

void LockedConnection::wait_for_write() {
  connection().set_write_wait(true);
  waits_for_write_ = true;
}

void LockedConnection::end_write_hold() noexcept {
  if (std::exchange(holds_write_, false)) connection().release_write();
}

Term LockedConnection::finish(const Answer& answer) {
  if (!answer.continuation()) return complete(answer.term());
  switch (*answer.continuation()) {
    case Continuation::dirty_scheduler:
      return leave();
    case Continuation::write_ticket:
      return wait();
  }
  return answer.term();
}

Term LockedConnection::finish(const Error& error) {
  if (error.kind() != ErrorKind::would_block) return complete(call_.error(error));
  if (!is_inline()) return wait();
  if (!will_write_) return leave();
  // If a connection of this OS process has the lock, queue for it; for another process, the busy
  // handler waits on a thread of ours.
  if (!connection().try_write()) return wait();
  connection().release_write();
  return leave();
}

Term LockedConnection::complete(Term result) {
  assert_locked();
  end_write_hold();
  object_->note_transaction(call_.caller_env(), call_.self());
  object_->note_busy_timeout();
  object_->tickets().drop(call_.self());
  if (contents().observing && object_->subscribers().empty()) {
    connection().observe({});
    contents().observing = false;
  }
  if (is_inline()) charge_time();
  return result;
}

Term LockedConnection::leave() {
  charge_time();
  return leave_scheduler();
}

Term LockedConnection::wait() {
  assert_locked();
  end_write_hold();
  object_->note_transaction(call_.caller_env(), call_.self());
  const auto& state = call_.state();
  const auto ticket = state->tickets.make(state, object_->weak_from_this(), call_.self());
  ErlNifPid self = call_.self();
  if (enif_monitor_process(call_.caller_env(), ticket.get(), &self, nullptr) != 0)
    stop_interrupted();
  object_->tickets().add(ticket);
  try {
    ticket->attach(connection().queue_for_write([ticket] { ticket->grant(); }));
  } catch (...) {
    ticket->leave_table();
    throw;
  }
  if (is_inline()) charge_time();
  return make_tuple(env(), atoms().wait, ticket.term(env()));
}

void LockedConnection::charge_time() noexcept {
  auto& uncharged_time = contents().uncharged_time;
  uncharged_time += steady_clock::now() - started_;
  const auto percent = std::min<std::int64_t>(uncharged_time / kTimeslicePercent, 100);
  if (percent < 1) return;
  uncharged_time =
      percent == 100 ? std::chrono::nanoseconds{0} : uncharged_time - percent * kTimeslicePercent;
  enif_consume_timeslice(env(), static_cast<int>(percent));
}

Term LockedConnection::result_without_rows(StatementKind kind, std::int64_t count) {
  if (last_.term == 0 || last_.kind != kind || last_.count != count) {
    const Term nil = atoms().nil;
    const Term number = enif_make_int64(env(), count);
    last_ = {kind, count, make_tuple(env(), command_atom(atoms(), kind), nil, nil, number)};
  }
  return last_.term;
}

// --- Running one statement ---

namespace {

Answer run_with_rows(LockedConnection& locked, Statement& statement, bool writes) {
  RowEncoder rows(locked.env(), locked.atoms());
  while (statement.step() == Step::row) {
    rows.add(statement.row());
    // A query can be repeated; a write that has returned rows cannot.
    if (locked.is_inline() && !writes && rows.bytes() > kInlineResult)
      return Continuation::dirty_scheduler;
  }
  const std::int64_t count = is_dml(statement.kind()) ? locked.connection().changes()
                                                      : static_cast<std::int64_t>(rows.count());
  // After the run: the first step compiles again if the schema has changed.
  const Term columns = column_names(locked.env(), statement);
  return make_tuple(locked.env(), command_atom(locked.atoms(), statement.kind()), columns,
                    rows.list(), enif_make_int64(locked.env(), count));
}

Answer run_without_rows(LockedConnection& locked, Statement& statement) {
  const std::int64_t changes = statement.execute();
  const StatementKind kind = statement.kind();
  return locked.result_without_rows(kind, is_dml(kind) ? changes : 0);
}

Answer run_bound(LockedConnection& locked, Statement& statement, BindingScope& scope) {
  const bool writes = !statement.read_only();
  if (writes) locked.will_write();
  const bool only_reads = !writes && statement.kind() == StatementKind::select;
  locked.only_reads(only_reads);
  const Answer answer = statement.returns_rows() ? run_with_rows(locked, statement, writes)
                                                 : run_without_rows(locked, statement);
  locked.only_reads(false);
  if (!answer.continuation()) scope.finished();
  return answer;
}

}  // namespace

Answer run_statement(LockedConnection& locked, Statement& statement, Term parameters,
                     Bindings bindings) {
  if (locked.is_inline() && !locked.allows(statement.cost())) return Continuation::dirty_scheduler;
  BindingScope scope(statement, bindings);
  const Bound bound = bind_parameters(locked.env(), locked.atoms(), statement, parameters);
  scope.bound(bound);
  if (locked.is_inline() && bound.bytes > kInlineBytes) return Continuation::dirty_scheduler;
  return run_bound(locked, statement, scope);
}

Answer run_statement(LockedConnection& locked, Statement& statement) {
  return run_statement(locked, statement, enif_make_list(locked.env(), 0), Bindings::left);
}

}  // namespace libsql::nif
