#include "ticket.h"

#include <algorithm>
#include <utility>

#include "connection_resource.h"
#include "messages.h"
#include "state.h"

namespace libsql::nif {

namespace {
bool same(const ErlNifPid& left, const ErlNifPid& right) noexcept {
  return enif_compare_pids(&left, &right) == 0;
}
}  // namespace

Ticket::Ticket(std::shared_ptr<State> state, std::weak_ptr<ConnectionObject> connection,
               const ErlNifPid& caller) noexcept
    : state_(std::move(state)),
      connection_(std::move(connection)),
      caller_(caller),
      count_(state_->counts.tickets) {}

void Ticket::attach(std::shared_ptr<WriteTicket> place) noexcept {
  {
    const core::MutexLock lock(mutex_);
    if (!dropped_) {
      place_ = std::move(place);
      return;
    }
  }
  place->cancel();
}

void Ticket::grant() noexcept {
  {
    const core::MutexLock lock(mutex_);
    if (status_ != WriteTicket::State::waiting) return;  // Its canceller releases the lock.
    status_ = WriteTicket::State::granted;
  }
  tell_caller(state_->atoms.granted_message);
}

bool Ticket::is_waiting() noexcept {
  const core::MutexLock lock(mutex_);
  return status_ == WriteTicket::State::waiting;
}

WriteTicket::State Ticket::cancel(Notify notify) noexcept {
  std::shared_ptr<WriteTicket> place;
  WriteTicket::State before;
  {
    const core::MutexLock lock(mutex_);
    before = status_;
    status_ = WriteTicket::State::cancelled;
    dropped_ = true;
    place = std::move(place_);
  }
  if (notify == Notify::caller && before == WriteTicket::State::waiting) {
    tell_caller(state_->atoms.cancelled_message);
  }
  // Releases the reference cycle place -> callback -> ticket -> place.
  if (place != nullptr) place->cancel();
  return before;
}

// Releasing the lock sends messages, which a monitor callback must not do: the reaper does.
void Ticket::process_down(ErlNifEnv* /*env*/, const ErlNifPid& /*pid*/) noexcept {
  state_->reaper.post([ticket = ResourcePtr<Ticket>::share(this)] {
    ticket->leave_table();
    ticket->cancel(Notify::nobody);
  });
}

void Ticket::leave_table() noexcept {
  if (const ConnectionPtr connection = connection_.lock()) connection->tickets().remove(this);
}

void Ticket::tell_caller(ERL_NIF_TERM atom) noexcept {
  Message message;
  const Term term = make_tuple(message.env(), atom, enif_make_resource(message.env(), this));
  Message::send(message, caller_, term);
}

void TicketTable::add(ResourcePtr<Ticket> ticket) {
  drop(ticket->caller());
  const core::MutexLock lock(mutex_);
  tickets_.push_back(std::move(ticket));
  size_ = tickets_.size();
}

template <typename Predicate>
std::vector<ResourcePtr<Ticket>> TicketTable::take_unless(Predicate kept) noexcept {
  std::vector<ResourcePtr<Ticket>> taken;
  const core::MutexLock lock(mutex_);
  const auto first = std::partition(tickets_.begin(), tickets_.end(), kept);
  taken.assign(std::make_move_iterator(first), std::make_move_iterator(tickets_.end()));
  tickets_.erase(first, tickets_.end());
  size_ = tickets_.size();
  return taken;
}

void TicketTable::drop(const ErlNifPid& caller) noexcept {
  if (size_ == 0) return;
  const auto dropped =
      take_unless([&](const auto& ticket) { return !same(ticket->caller(), caller); });
  for (const auto& ticket : dropped) ticket->cancel(Ticket::Notify::nobody);
}

void TicketTable::remove(const Ticket* ticket) noexcept {
  // The result is destroyed here, after the lock.
  take_unless([&](const auto& entry) { return entry.get() != ticket; });
}

void TicketTable::cancel_waiting() noexcept {
  if (size_ == 0) return;
  const auto taken = take_unless([](const auto& ticket) { return !ticket->is_waiting(); });
  for (const auto& ticket : taken) ticket->cancel(Ticket::Notify::caller);
}

void TicketTable::cancel_all() noexcept {
  const auto taken = take_unless([](const auto&) { return false; });
  for (const auto& ticket : taken) ticket->cancel(Ticket::Notify::caller);
}

}  // namespace libsql::nif
