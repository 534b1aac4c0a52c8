#include "executor.h"

#include <algorithm>

#include "argument_size.h"
#include "ids.h"

namespace libsql::nif {

namespace {

using std::chrono::microseconds;
using std::chrono::steady_clock;

// How often a call that waits for the mutex looks whether its process still lives.
constexpr std::chrono::milliseconds kAliveCheckInterval{20};
// enif_consume_timeslice() counts in hundredths of a time slice of about one millisecond.
constexpr microseconds kTimeslicePercent{10};
// How long a request may run on a normal scheduler.
constexpr microseconds kInlineBudget{1000};
constexpr int kInterrupted = 9;  // SQLITE_INTERRUPT. Source: sqlite.org/rescode.html#interrupt

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
  if (!object_->runs_here()) return;
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
  takes_turns_ = only_reads && !connection().state().in_transaction;
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

LockedConnection::~LockedConnection() {
  if (!owns_lock() || is_inline() || !object_->runs_here()) return;
  try {
    connection().set_cancel_check({});
    connection().set_deadline({});
  } catch (const Error&) {  // NOLINT(bugprone-empty-catch): the call has closed the connection
  }
}

Limits LockedConnection::limits() const {
  Limits limits;
  if (is_inline()) limits.budget = kInlineBudget;
  limits.transaction = transaction();
  limits.queue = true;
  if (object_->answers_later()) limits.deadline = call_.deadline_after(started_);
  return limits;
}

std::optional<std::uint64_t> LockedConnection::transaction() const {
  const auto& id = call_.transaction_id();
  if (!id) return std::nullopt;
  return child_number(call_, object_->id(), *id, IdKind::transaction);
}

void LockedConnection::check_latest_state() {
  const auto wanted = transaction();
  const SessionState state = connection().state();
  if (!wanted || (state.in_transaction && state.transaction == *wanted)) return;
  throw Error(ErrorKind::unknown_transaction, "Transaction not found");
}

Term LockedConnection::run(const Request& request, Reply& reply) {
  // A session that answers later encodes them within start().
  if (is_inline() && object_->answers_later() && take_long_to_encode(env(), call_.arguments()))
    return leave();
  reply.run_at(*this);
  switch (connection().start(request, limits(), reply)) {
    case Started::queued:
      return wait_in_queue();
    case Started::would_block:
      return leave();
    case Started::pending:
      return wait_for_answer();
    case Started::finished:
      break;
  }
  return complete(reply.term(), reply.state());
}

std::function<void()> LockedConnection::on_turn() {
  const auto& state = call_.state();
  ticket_ = state->tickets.make(state, object_->weak_from_this(), call_.self());
  ErlNifPid self = call_.self();
  if (enif_monitor_process(call_.caller_env(), ticket_.get(), &self, nullptr) != 0) {
    stop_interrupted();
  }
  object_->tickets().add(ticket_);
  return [ticket = ticket_] { ticket->grant(); };
}

void LockedConnection::queued(const std::shared_ptr<WriteTicket>& place) { ticket_->attach(place); }

std::shared_ptr<Receiver> LockedConnection::detach(const Reply& reply) {
  later_ = std::make_shared<LaterAnswer>(call_.state(), object_, call_.self(), reply);
  return LaterAnswer::receiver(later_);
}

// What complete() does at the end of other calls, the answer does when it comes.
Term LockedConnection::wait_for_answer() {
  object_->tickets().drop(call_.self());
  if (is_inline()) charge_time();
  return call_.answer_later(later_);
}

Term LockedConnection::wait_in_queue() {
  assert_locked();
  object_->note_transaction(call_.caller_env(), call_.self(), connection().state());
  if (is_inline()) charge_time();
  return make_tuple(env(), atoms().wait, ticket_.term(env()));
}

Term LockedConnection::fail(Term error) {
  return complete(error, connection().is_open() ? connection().state() : SessionState{});
}

Term LockedConnection::complete(Term result, const SessionState& state) {
  assert_locked();
  object_->note_transaction(call_.caller_env(), call_.self(), state);
  if (!object_->answers_later()) object_->note_busy_timeout();
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

void LockedConnection::charge_time() noexcept {
  auto& uncharged_time = contents().uncharged_time;
  uncharged_time += steady_clock::now() - started_;
  const auto percent = std::min<std::int64_t>(uncharged_time / kTimeslicePercent, 100);
  if (percent < 1) return;
  uncharged_time =
      percent == 100 ? std::chrono::nanoseconds{0} : uncharged_time - percent * kTimeslicePercent;
  enif_consume_timeslice(env(), static_cast<int>(percent));
}

}  // namespace libsql::nif
