#include "events.h"

#include <algorithm>
#include <array>
#include <utility>

#include "executor.h"
#include "failure.h"
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

// The map %{insert: _, update: _, delete: _}.
Term counts_term(ErlNifEnv* env, const Atoms& atoms, const TableChange& change) {
  std::array<Term, 3> keys = {atoms.insert, atoms.update, atoms.delete_};
  std::array<Term, 3> values = {enif_make_uint64(env, change.inserted),
                                enif_make_uint64(env, change.updated),
                                enif_make_uint64(env, change.deleted)};
  Term map = atoms.nil;
  enif_make_map_from_arrays(env, keys.data(), values.data(), keys.size(), &map);
  return map;
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
                        [&](const TableChange& change) {
                          return make_tuple(env, atoms.changes, make_binary(env, change.table),
                                            counts_term(env, atoms, change));
                        },
                        [&](const ChangesLost& lost) {
                          return make_tuple(env, atoms.lost, make_binary(env, lost.table));
                        },
                        [&](const ListeningEnded& ended) {
                          return make_tuple(env, atoms.ended, make_binary(env, ended.table),
                                            error_map(env, atoms, ended.error));
                        },
                    },
                    event);
}

// The bit of each kind of event, in the order of the variant; those of servers have none.
constexpr unsigned kBits[] = {
    EventMask::kUpdate, EventMask::kCommit, EventMask::kRollback, EventMask::kWal, 0, 0, 0};
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

// What is sent for an event.
void send_event(State& state, const ResourcePtr<Subscription>& to, const Event& event) {
  Message message;
  ErlNifEnv* env = message.env();
  const Term term =
      make_tuple(env, state.atoms.event_message, to.term(env), event_term(env, state.atoms, event));
  Message::send(message, to->pid(), term);
}

// Errors: invalid_argument for a subscriber that is dead.
void monitor(Call& call, const ResourcePtr<Subscription>& subscription) {
  const ErlNifPid& pid = subscription->pid();
  if (enif_monitor_process(call.caller_env(), subscription.get(), &pid, nullptr) != 0) {
    throw_invalid("the subscriber is not alive");
  }
}

// {:ok, reference} once the server sends events, of which the list then tells the subscriber.
class SubscribeReply final : public Reply {
 public:
  SubscribeReply(ErlNifEnv* env, const Atoms& atoms, ConnectionPtr connection,
                 ResourcePtr<Subscription> subscription) noexcept
      : Reply(env, atoms),
        connection_(std::move(connection)),
        subscription_(std::move(subscription)) {}

  [[nodiscard]] std::unique_ptr<Reply> again(ErlNifEnv* env) const override {
    return std::make_unique<SubscribeReply>(env, atoms(), connection_, subscription_);
  }

 private:
  [[nodiscard]] Term success(const SessionState& /*state*/) override {
    connection_->subscribers().add(subscription_);
    return ok(subscription_.term(env()));
  }

  const ConnectionPtr connection_;
  const ResourcePtr<Subscription> subscription_;
};

}  // namespace

Subscription::Subscription(std::weak_ptr<ConnectionObject> connection, const ErlNifPid& pid,
                           EventMask mask) noexcept
    : connection_(std::move(connection)), pid_(pid), mask_(mask) {}

bool Subscription::wants(const Event& event) const noexcept {
  return (mask_.bits & kBits[event.index()]) != 0;
}

void Subscription::process_down(ErlNifEnv* /*env*/, const ErlNifPid& /*pid*/) noexcept {
  dead_ = true;
  if (const ConnectionPtr connection = connection_.lock()) connection->subscribers().remove(this);
}

void Subscribers::add(const ResourcePtr<Subscription>& subscription) {
  {
    const core::MutexLock lock(mutex_);
    list_.push_back(subscription);
  }
  // Whoever dies from now on is removed by process_down().
  if (subscription->is_dead()) remove(subscription.get());
}

bool Subscribers::remove(const Subscription* subscription) noexcept {
  ResourcePtr<Subscription> removed;  // Released after the lock.
  const core::MutexLock lock(mutex_);
  const auto found = std::find_if(list_.begin(), list_.end(),
                                  [&](const auto& entry) { return entry.get() == subscription; });
  if (found == list_.end()) return false;
  removed = std::move(*found);
  list_.erase(found);
  removed->stop();
  return true;
}

void Subscribers::clear() noexcept {
  std::vector<ResourcePtr<Subscription>> removed;
  {
    const core::MutexLock lock(mutex_);
    removed.swap(list_);
  }
  for (const auto& subscription : removed) subscription->stop();
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
  for (const auto& subscription : wanting) send_event(state, subscription, event);
}

void Subscribers::notify(State& state, const Subscription* subscription, const Event& event) {
  ResourcePtr<Subscription> found;
  {
    const core::MutexLock lock(mutex_);
    const auto entry = std::find_if(list_.begin(), list_.end(),
                                    [&](const auto& one) { return one.get() == subscription; });
    if (entry != list_.end()) found = ResourcePtr<Subscription>(*entry);
  }
  if (found) send_event(state, found, event);
}

Term subscribe(Call& call) {
  const EventMask mask = mask_of(call, 1);
  const ErlNifPid pid = pid_of(call.env(), call.argument(2), "the subscriber");
  return with_connection(call, [&](LockedConnection& locked) -> Term {
    ConnectionObject& object = locked.object();
    if (!locked.contents().observing) {
      // The handler runs only within calls, which keep the object alive.
      locked.connection().observe(
          [&object](const Event& event) { object.subscribers().notify(*object.state(), event); });
      locked.contents().observing = true;
    }
    const auto subscription = call.state()->subscriptions.make(object.weak_from_this(), pid, mask);
    monitor(call, subscription);
    object.subscribers().add(subscription);
    return call.ok(subscription.term(locked.env()));
  });
}

Term listen(Call& call) {
  const std::string_view table = binary_of(call.env(), call.argument(1), "the table");
  const ErlNifPid pid = pid_of(call.env(), call.argument(2), "the subscriber");
  const ConnectionPtr connection = call.connection(0);
  const auto subscription =
      call.state()->subscriptions.make(connection->weak_from_this(), pid, EventMask{});
  const auto listening = std::make_shared<Listening>(
      [weak = connection->weak_from_this(), of = subscription.get()](const Event& event) {
        const ConnectionPtr object = weak.lock();
        if (object != nullptr) object->subscribers().notify(*object->state(), of, event);
      });
  subscription->set_listening(listening);
  monitor(call, subscription);
  SubscribeReply reply(call.env(), call.atoms(), connection, subscription);
  return run_request(call, connection, request::Listen{table, listening}, reply);
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
