#include "connection_resource.h"

#include <utility>

#include "state.h"

namespace libsql::nif {

namespace {

// How long to wait for the mutex before interrupting again: a statement may have begun in between.
constexpr std::chrono::milliseconds kInterruptAgain{5};

bool same(const ErlNifPid& left, const ErlNifPid& right) noexcept {
  return enif_compare_pids(&left, &right) == 0;
}

}  // namespace

void ProcessMonitor::process_down(ErlNifEnv* /*env*/, const ErlNifPid& pid) noexcept {
  if (const ConnectionPtr connection = connection_.lock()) connection->process_down(pid);
}

void TransactionOwner::set(const ErlNifPid& pid) noexcept {
  const core::MutexLock lock(mutex_);
  pid_ = pid;
}

void TransactionOwner::clear() noexcept {
  const core::MutexLock lock(mutex_);
  pid_.reset();
}

bool TransactionOwner::is(const ErlNifPid& pid) noexcept {
  const core::MutexLock lock(mutex_);
  return pid_ && same(*pid_, pid);
}

bool TransactionOwner::interrupt_if(const ErlNifPid& pid, Connection& connection) noexcept {
  const core::MutexLock lock(mutex_);
  if (!pid_ || !same(*pid_, pid)) return false;
  connection.interrupt();
  return true;
}

ConnectionObject::ConnectionObject(std::shared_ptr<State> state, Connection connection,
                                   const ErlNifPid& owner)
    : state_(std::move(state)),
      id_(state_->registry.new_id()),
      owner_(owner),
      answers_later_(connection.answers_later()),
      runs_here_(!answers_later_ || connection.is_replica()),
      count_(state_->counts.connections),
      contents_(std::move(connection)) {
  if (!answers_later_) note_busy_timeout();
}

ConnectionPtr ConnectionObject::open(const std::shared_ptr<State>& state, const ErlNifPid& owner,
                                     Connection connection) {
  auto object = std::make_unique<ConnectionObject>(state, std::move(connection), owner);
  // The last reference may go on any thread: the reaper closes, then deletes.
  ConnectionPtr shared(object.release(), [state](ConnectionObject* last) {
    state->reaper.post([dropped = std::shared_ptr<ConnectionObject>(last)] { dropped->close(); });
  });
  shared->process_monitor_ = state->process_monitors.make(shared->weak_from_this());
  state->registry.add(shared->id(), shared);
  shared->monitor_owner();
  return shared;
}

void ConnectionObject::monitor_owner() {
  ErlNifPid owner = owner_;
  // The owner may have been killed meanwhile.
  if (enif_monitor_process(nullptr, process_monitor_.get(), &owner, nullptr) != 0)
    process_down(owner);
}

void ConnectionObject::interrupt() noexcept {
  ++interrupts_;
  interruptible().interrupt();
  tickets_.cancel_waiting();
}

void ConnectionObject::note_transaction(ErlNifEnv* env, const ErlNifPid& caller,
                                        const SessionState& state) {
  if (knows(state)) return;
  // Each transaction has a greater number than the one before, and ends once.
  const std::uint64_t order = 2 * state.transaction + (state.in_transaction ? 0 : 1);
  if (order < contents_.noted) return;
  contents_.noted = order;
  if (!state.in_transaction) {
    forget_owner();
    return;
  }
  owned_transaction_ = state.transaction;
  transaction_owner_.set(caller);
  if (!monitor_transaction_owner(env, caller)) process_down(caller);
}

bool ConnectionObject::knows(const SessionState& state) const noexcept {
  const std::uint64_t owned = owned_transaction_.load(std::memory_order_relaxed);
  return owned == (state.in_transaction ? state.transaction : 0);
}

void ConnectionObject::forget_owner() noexcept {
  owned_transaction_ = 0;
  transaction_owner_.clear();
}

void ConnectionObject::note_later(const ErlNifPid& caller, const SessionState& state) noexcept {
  if (notes_under_way_ == 0 && knows(state)) return;
  ++notes_under_way_;
  state_->reaper.post([weak = weak_from_this(), caller, state] {
    const ConnectionPtr connection = weak.lock();
    if (connection == nullptr) return;
    connection->mutex_.lock();
    const core::HeldLock lock(connection->mutex_);
    connection->note_transaction(nullptr, caller, state);
    --connection->notes_under_way_;
  });
}

std::int64_t ConnectionObject::busy_timeout() const {
  if (answers_later_) {
    throw Error(ErrorKind::unsupported, "only a connection to a local database waits for locks");
  }
  return busy_timeout_;
}

void ConnectionObject::note_busy_timeout() {
  const std::int64_t now = contents_.connection.busy_timeout().count();
  if (now != busy_timeout_.load(std::memory_order_relaxed)) busy_timeout_ = now;
}

// Monitors `caller`, unless that is done already; false if it is dead. The monitor stays after the
// transaction, because the next one is usually the same process's.
bool ConnectionObject::monitor_transaction_owner(ErlNifEnv* env, const ErlNifPid& caller) noexcept {
  ErlNifPid pid = caller;
  const bool monitored = contents_.monitored && same(pid, *contents_.monitored);
  if (monitored || same(pid, owner_)) return enif_is_process_alive(env, &pid) != 0;
  if (contents_.monitored) enif_demonitor_process(env, process_monitor_.get(), &contents_.monitor);
  contents_.monitored = caller;
  return enif_monitor_process(env, process_monitor_.get(), &pid, &contents_.monitor) == 0;
}

void ConnectionObject::process_down(const ErlNifPid& pid) noexcept {
  state_->reaper.post([weak = weak_from_this(), pid] {
    if (const ConnectionPtr connection = weak.lock()) connection->roll_back_after(pid);
  });
  if (same(pid, owner_)) state_->registry.drop_owner(id_);
}

namespace {

// The answer to a request for which nobody waits.
class ForgottenAnswer final : public Receiver,
                              public std::enable_shared_from_this<ForgottenAnswer> {
 public:
  ForgottenAnswer(std::weak_ptr<ConnectionObject> connection, const ErlNifPid& pid) noexcept
      : connection_(std::move(connection)), pid_(pid) {}
  void finished(const Error* /*error*/, const SessionState& state) noexcept override {
    if (const ConnectionPtr connection = connection_.lock()) connection->note_later(pid_, state);
  }
  [[nodiscard]] std::shared_ptr<Receiver> detach() override { return shared_from_this(); }

 private:
  const std::weak_ptr<ConnectionObject> connection_;
  const ErlNifPid pid_;
};

}  // namespace

// Requests of the dead process end by themselves (Job::process_down), and others go on.
void ConnectionObject::roll_back_later(const ErlNifPid& pid) noexcept {
  mutex_.lock();
  const core::HeldLock lock(mutex_);
  if (!is_open() || !transaction_owner_.is(pid)) return;
  try {
    const auto answer = std::make_shared<ForgottenAnswer>(weak_from_this(), pid);
    Limits limits;
    limits.transaction = owned_transaction_;
    static_cast<void>(contents_.connection.start(request::Rollback{}, limits, *answer));
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
    // The server rolls back at the latest when the connection is closed.
  }
}

void ConnectionObject::roll_back_after(const ErlNifPid& pid) noexcept {
  if (answers_later_) {
    roll_back_later(pid);
    return;
  }
  do {
    if (!transaction_owner_.interrupt_if(pid, interruptible())) return;
  } while (!mutex_.try_lock_for(kInterruptAgain));
  const core::HeldLock lock(mutex_);
  // The transaction may have ended, and another begun, before the mutex was ours.
  if (!transaction_owner_.is(pid)) return;
  try {
    if (is_open()) contents_.connection.rollback();
  } catch (const std::exception&) {
    // SQLite rolls back at the latest when the connection is closed.
  }
  forget_owner();
}

void ConnectionObject::close_contents() noexcept {
  tickets_.cancel_all();  // One may have been made while we waited for the mutex.
  contents_.connection.close();
  forget_owner();
}

bool ConnectionObject::close() noexcept {
  if (closing_.exchange(true)) return false;
  ++interrupts_;
  tickets_.cancel_all();
  do {
    interruptible().interrupt();
  } while (!mutex_.try_lock_for(kInterruptAgain));
  close_contents();
  mutex_.unlock();
  count_.reset();
  subscribers_.clear();
  state_->registry.remove(id_);
  return true;
}

}  // namespace libsql::nif
