#include "server/sql_session.h"

#include <exception>
#include <utility>

#include "core/sql_traces.h"
#include "server/failures.h"
#include "server/refused_pragma.h"

namespace libsql::server {

bool Engine::can_observe(Connection& connection) {
  try {
    connection.observe([](const Event& /*event*/) {});
    connection.observe(nullptr);
    return true;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::unsupported) return false;
    throw;
  }
}

Connection& SqlSession::connection() {
  if (connection_) return *connection_;
  has_connection_ = true;
  connection_ = engine_->idle.take();
  if (!connection_) {
    connection_.emplace(engine_->database.connect());
    // A client must not reach other files of this machine. VACUUM INTO attaches too.
    connection_->set_access_policy({{{Action::attach, {}}, {Action::load_extension, {}}}});
    if (engine_->observer) connection_->observe(engine_->observer());
  }
  connection_->set_cancel_check([this] { return gave_up(); });
  return *connection_;
}

Connection& SqlSession::connection_for(std::string_view sql) {
  if (core::leaves_traces(sql)) {
    if (sets_for_all(sql)) throw unsupported_statement();
    has_traces_ = true;
  }
  return connection();
}

bool SqlSession::in_transaction() const { return connection_ && connection_->in_transaction(); }

bool SqlSession::begin_program() {
  give_up_overdue();
  return std::exchange(timed_out_, false);
}

void SqlSession::take_write_turn() {
  has_traces_ = true;
  if (turn_ != 0) return;
  turn_ = engine_->gate.enter(shared_from_this());
  if (turn_ == 0) throw Error(ErrorKind::interrupted, "the client has gone");
}

void SqlSession::statement_ended() noexcept {
  --statements_;
  if (turn_ != 0 && !in_transaction()) end_turn();
}

std::optional<std::uint64_t> SqlSession::replication_index() const noexcept {
  // What was read may be another's commit, which is not in the log yet. Within a transaction that
  // writes nobody else commits.
  if (turn_ == 0 || !in_transaction()) engine_->log->capture();
  return engine_->log->head();
}

void SqlSession::end_turn() noexcept {
  engine_->log->capture();
  turn_ = 0;
  engine_->gate.leave();
}

void SqlSession::leave_connection() noexcept {
  if (!connection_) return;
  Connection left = std::move(*connection_);
  connection_.reset();
  if (has_traces_ || statements_ > 0) return;
  try {
    left.reset();
    left.set_cancel_check(nullptr);
    engine_->idle.give(std::move(left));
  } catch (const std::exception&) {
    // It is closed.
  }
}

void SqlSession::close() noexcept {
  leave_connection();
  has_traces_ = false;
  if (turn_ != 0) end_turn();
  has_connection_ = false;
}

void SqlSession::stop() noexcept {
  stopped_ = true;
  engine_->gate.wake();
}

void SqlSession::abandon() noexcept {
  abandoned_ = true;
  engine_->gate.wake();
}

void SqlSession::evict(std::uint64_t turn) noexcept {
  overdue_turn_ = turn;
  queue_->post([self = shared_from_this()] { self->give_up_overdue(); });
}

void SqlSession::give_up_overdue() noexcept {
  if (turn_ == 0 || overdue_turn_ != turn_) return;
  try {
    connection_->reset();
  } catch (const Error&) {
    connection_.reset();  // It rolls back in any case.
  }
  ++evictions_;
  timed_out_ = true;
  end_turn();
}

}  // namespace libsql::server
