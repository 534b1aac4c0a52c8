#include "events.h"

#include <algorithm>
#include <utility>

#include "executor.h"
#include "messages.h"
#include "operations.h"
#include "terms.h"

namespace libsql::nif {

namespace {

template <typename... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <typename... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

Term change_atom(const Atoms& atoms, RowChange::Kind kind) noexcept {
  switch (kind) {
    case RowChange::Kind::insert:
      return atoms.insert;
    case RowChange::Kind::update:
      return atoms.update;
    case RowChange::Kind::del:
      return atoms.delete_;
  }
  return atoms.update;
}

Term event_term(ErlNifEnv* env, const Atoms& atoms, const Event& event) {
  return std::visit(Overloaded{
                        [&](const RowChange& change) {
                          return make_tuple(env, atoms.update, change_atom(atoms, change.kind),
                                            make_binary(env, change.database),
                                            make_binary(env, change.table),
                                            enif_make_int64(env, change.rowid));
                        },
                        [&](const Committed&) { return atoms.commit; },
                        [&](const RolledBack&) { return atoms.rollback; },
                        [&](const WalGrew& grown) {
                          return make_tuple(env, atoms.wal, make_binary(env, grown.database),
                                            enif_make_int(env, grown.pages));
                        },
                    },
                    event);
}

// The bit of each kind of event, in the order of the variant.
constexpr unsigned kBits[] = {EventMask::kUpdate, EventMask::kCommit, EventMask::kRollback,
                              EventMask::kWal};
static_assert(std::variant_size_v<Event> == std::size(kBits));

EventMask mask_of(Call& call, int index) {
  const Atoms& atoms = call.atoms();
  const AtomValue<unsigned> choices[] = {{atoms.update, EventMask::kUpdate},
                                         {atoms.commit, EventMask::kCommit},
                                         {atoms.rollback, EventMask::kRollback},
                                         {atoms.wal, EventMask::kWal}};
  EventMask mask;
  static_cast<void>(list_length(call.env(), call.argument(index), "events"));
  Term head = 0;
  for (Term rest = call.argument(index); enif_get_list_cell(call.env(), rest, &head, &rest) != 0;) {
    mask.bits |= choice_of(head, choices, ":update, :commit, :rollback, :wal");
  }
  return mask;
}

}  // namespace

Subscription::Subscription(std::weak_ptr<ConnectionObject> connection, const ErlNifPid& pid,
                           EventMask mask) noexcept
    : connection_(std::move(connection)), pid_(pid), mask_(mask) {}

bool Subscription::wants(const Event& event) const noexcept {
  return (mask_.bits & kBits[event.index()]) != 0;
}

void Subscription::process_down(ErlNifEnv* /*env*/, const ErlNifPid& /*pid*/) noexcept {
  if (const ConnectionPtr connection = connection_.lock()) connection->subscribers().remove(this);
}

void Subscribers::add(ResourcePtr<Subscription> subscription) {
  const core::MutexLock lock(mutex_);
  list_.push_back(std::move(subscription));
}

bool Subscribers::remove(const Subscription* subscription) noexcept {
  ResourcePtr<Subscription> removed;  // Released after the lock.
  const core::MutexLock lock(mutex_);
  const auto found = std::find_if(list_.begin(), list_.end(),
                                  [&](const auto& entry) { return entry.get() == subscription; });
  if (found == list_.end()) return false;
  removed = std::move(*found);
  list_.erase(found);
  return true;
}

void Subscribers::clear() noexcept {
  std::vector<ResourcePtr<Subscription>> removed;
  const core::MutexLock lock(mutex_);
  removed.swap(list_);
}

bool Subscribers::empty() const noexcept {
  const core::MutexLock lock(mutex_);
  return list_.empty();
}

void Subscribers::notify(State& state, const Event& event) {
  std::vector<ResourcePtr<Subscription>> wanting;
  {
    const core::MutexLock lock(mutex_);
    std::copy_if(list_.begin(), list_.end(), std::back_inserter(wanting),
                 [&](const auto& subscription) { return subscription->wants(event); });
  }
  for (const auto& subscription : wanting) {
    Message message;
    ErlNifEnv* env = message.env();
    const Term term = make_tuple(env, state.atoms.event_message, subscription.term(env),
                                 event_term(env, state.atoms, event));
    Message::send(message, subscription->pid(), term);
  }
}

Term subscribe(Call& call) {
  const EventMask mask = mask_of(call, 1);
  ErlNifPid pid = pid_of(call.env(), call.argument(2), "the subscriber");
  return with_connection(call, [&](LockedConnection& locked) -> Term {
    ConnectionObject& object = locked.object();
    if (!locked.contents().observing) {
      // The handler runs only within calls, which keep the object alive.
      locked.connection().observe(
          [&object](const Event& event) { object.subscribers().notify(*object.state(), event); });
      locked.contents().observing = true;
    }
    auto subscription = call.state()->subscriptions.make(object.weak_from_this(), pid, mask);
    object.subscribers().add(subscription);
    if (enif_monitor_process(call.caller_env(), subscription.get(), &pid, nullptr) != 0) {
      object.subscribers().remove(subscription.get());
      throw_invalid("the subscriber is not alive");
    }
    return call.ok(subscription.term(locked.env()));
  });
}

Term unsubscribe(Call& call) {
  const Subscription* subscription = call.state()->subscriptions.get(call.env(), call.argument(1));
  if (subscription == nullptr) throw_invalid("expected the reference of a subscription");
  // The library's observer ends with the next call that holds the connection
  // (LockedConnection::complete()).
  if (!call.connection(0)->subscribers().remove(subscription)) {
    throw Failure::not_found(IdKind::subscription);
  }
  return call.atoms().ok;
}

}  // namespace libsql::nif
