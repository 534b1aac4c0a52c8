// A session's turn in the writer queue: how its statements get the right to write.
#include <memory>
#include <utility>

#include "local/session.h"

namespace libsql::local {

bool LocalSession::take_granted() noexcept {
  bool taken = false;
  std::erase_if(tickets_, [this, &taken](const std::weak_ptr<WriterQueue::Ticket>& weak) {
    const auto ticket = weak.lock();
    if (!ticket || ticket->state() == WriteTicket::State::cancelled) return true;
    if (taken || !ticket->take()) return false;
    waited_for_turn_ = Cancellation::Clock::now() - ticket->asked_at();
    return taken = true;
  });
  return taken;
}

bool LocalSession::try_write() {
  db();
  if (has_write_ || !queue_) return true;
  has_write_ = (!tickets_.empty() && take_granted()) || queue_->try_acquire();
  return has_write_;
}

std::shared_ptr<WriteTicket> LocalSession::queue_for_write(std::function<void()> granted) {
  db();
  if (!queue_) throw Error(ErrorKind::misuse, "a database in memory has no queue of writers");
  ++write_waits_;
  auto ticket = queue_->enqueue(std::move(granted));
  tickets_.push_back(ticket);
  return cancel_when_dropped(std::move(ticket));
}

void LocalSession::end_turn() noexcept {
  if (!has_write_ || holds_ > 0) return;
  if (db_ && sqlite3_txn_state(db_.get(), nullptr) == SQLITE_TXN_WRITE) return;
  has_write_ = false;
  waited_for_turn_ = {};
  queue_->release();
}

void LocalSession::hold_write() {
  db();
  cancellation_->start(running_ == 0, Cancellation::Stop::on_request);
  acquire_write({});
  ++holds_;
}

void LocalSession::release_write() noexcept {
  if (holds_ > 0) --holds_;
  end_turn();
}

void LocalSession::acquire_write(std::string_view sql) {
  if (try_write()) return cancellation_->set_waited(waited_for_turn_);
  if (!wal_ && sqlite3_txn_state(db_.get(), nullptr) == SQLITE_TXN_READ) {
    // A deadlock otherwise: the writer waits until this connection stops reading. SQLite fails with
    // BUSY here too.
    throw error_for_code(SQLITE_BUSY, sql);
  }
  if (!write_wait_ || cancellation_->has_budget()) {
    throw Error(ErrorKind::would_block, "another connection is writing", SQLITE_BUSY)
        .with_statement(sql);
  }
  ++write_waits_;
  const auto ticket = queue_->enqueue([waker = cancellation_] { waker->wake(); });
  const bool granted = cancellation_->wait_until(
      [&ticket] { return ticket->state() == WriteTicket::State::granted; });
  if (granted && ticket->take()) {
    waited_for_turn_ = Cancellation::Clock::now() - ticket->asked_at();
    cancellation_->set_waited(waited_for_turn_);
    has_write_ = true;
    return;
  }
  ticket->cancel();
  if (cancellation_->reason() != Cancellation::Reason::none) throw error(SQLITE_BUSY, sql);
  throw Error(ErrorKind::busy, "database is locked", SQLITE_BUSY).with_statement(sql);
}

}  // namespace libsql::local
