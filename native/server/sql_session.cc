#include "server/sql_session.h"

#include <utility>

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
  connection_.emplace(engine_->database.connect());
  // A client must not reach other files of this machine. VACUUM INTO attaches too.
  connection_->set_access_policy({{{Action::attach, {}}, {Action::load_extension, {}}}});
  connection_->set_cancel_check([this] { return abandoned_.load(); });
  if (engine_->observer) connection_->observe(engine_->observer());
  return *connection_;
}

bool SqlSession::in_transaction() const { return connection_ && connection_->in_transaction(); }

bool SqlSession::begin_program() {
  if (eviction_due_.exchange(false)) give_transaction_up();
  return std::exchange(timed_out_, false);
}

void SqlSession::take_write_turn() {
  if (has_turn_) return;
  if (!engine_->gate.enter(shared_from_this())) {
    throw Error(ErrorKind::interrupted, "the client has gone");
  }
  has_turn_ = true;
}

void SqlSession::statement_ended() noexcept {
  if (has_turn_ && !in_transaction()) end_turn();
}

void SqlSession::end_turn() noexcept {
  has_turn_ = false;
  eviction_due_ = false;  // It was for this turn.
  engine_->gate.leave();
}

void SqlSession::close() noexcept {
  connection_.reset();
  if (has_turn_) end_turn();
}

void SqlSession::abandon() noexcept {
  abandoned_ = true;
  engine_->gate.wake();
}

void SqlSession::evict() noexcept {
  eviction_due_ = true;
  queue_->post([self = shared_from_this()] {
    if (self->eviction_due_.exchange(false)) self->give_transaction_up();
  });
}

void SqlSession::give_transaction_up() noexcept {
  if (!has_turn_) return;
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
