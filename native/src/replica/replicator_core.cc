#include "replica/replicator_core.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "remote/guarded_receiver.h"

namespace libsql::replica {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLook{50};
constexpr milliseconds kProgress{100};
constexpr std::chrono::seconds kTurnPatience{30};
// Where nothing is due.
constexpr std::chrono::hours kLong{1};

const char* name_of(Protocol protocol) noexcept {
  switch (protocol) {
    case Protocol::replication_log:
      return "replication_log";
    case Protocol::generations:
      return "generations";
    case Protocol::updates:
      return "updates";
  }
  return "";
}

Error stopped() {
  return {ErrorKind::interrupted, "the replica was closed before its sync had ended"};
}

}  // namespace

Replicator::Core::Core(const Config& config, std::shared_ptr<ReplicaFile> file)
    : file_(std::move(file)),
      primary_(config.origin),
      interval_(config.interval),
      latest_round_(Clock::now()) {
  primary_.patience().idle = config.idle;
  primary_.patience().waiting = [this] { look(); };
  status_.primary = file_->config().primary;
  if (const auto sidecar = file_->sidecar()) {
    position_ = sidecar->position;
    status_.frame = position_.frame;
  }
}

// --- The thread ---

void Replicator::Core::run() noexcept {
  while (auto round = next_round()) {
    pull(*round);
    note(*round);
    tell_watchers(*round);
    tell_followers(*round);
    tell(*round);
  }
  Waiters left;
  {
    const core::MutexLock lock(mutex_);
    std::swap(left, waiters_);
  }
  const Error error = stopped();
  for (const Waiter& waiter : left) waiter.done(&error, {});
}

Replicator::Clock::time_point Replicator::Core::next_event() const {
  Clock::time_point next = Clock::now() + kLong;
  if (interval_) next = std::min(next, latest_round_ + *interval_);
  return next;
}

std::optional<Replicator::Core::Round> Replicator::Core::next_round() {
  core::MutexLock lock(mutex_);
  for (;;) {
    if (stopping_) return std::nullopt;
    const bool due = interval_ && Clock::now() >= latest_round_ + *interval_;
    if (!frozen_ && (due || !waiters_.empty())) break;
    changed_.wait_until(lock, next_event());
  }
  latest_round_ = Clock::now();
  Round round;
  round.number = ++rounds_begun_;
  round.writes = writes_;
  std::swap(running_, waiters_);
  // One goal for all: the head, if anybody wants that.
  const bool head = running_.empty() || std::ranges::any_of(running_, [](const Waiter& waiter) {
                      return !waiter.goal.frame;
                    });
  if (!head) {
    for (const Waiter& waiter : running_) {
      round.goal.frame = std::max(round.goal.frame.value_or(0), *waiter.goal.frame);
    }
  }
  if (origin_) primary_.use(std::exchange(origin_, nullptr));
  return round;
}

void Replicator::Core::look() {
  {
    const core::MutexLock lock(mutex_);
    if (stopping_ || frozen_) throw Error(stopped());
  }
  expire();
}

std::unique_ptr<SyncTurn> Replicator::Core::begin_turn() {
  const auto give_up = Clock::now() + kTurnPatience;
  while (Clock::now() < give_up) {
    if (auto turn = file_->begin_sync(kLook)) return turn;
    look();
  }
  throw Error(ErrorKind::busy, "another process has been synchronising the replica for 30 seconds");
}

void Replicator::Core::pull_within_turn(Round& round) {
  const auto turn = begin_turn();
  try {
    puller_.pull(*turn, round.goal, round.pulled);
  } catch (...) {
    round.error = remote::current_failure();
  }
  // Part of it may have been committed.
  round.position = turn->position();
  round.has_position = true;
}

void Replicator::Core::pull(Round& round) {
  const auto began = Clock::now();
  const std::uint64_t bytes = primary_.bytes();
  told_ = began;
  primary_.on_piece([&] { on_piece(round, began, bytes); });
  try {
    pull_within_turn(round);
    // Nothing has ever been written at the primary.
    if (!round.error && !file_->is_readable()) file_->make_readable(kTurnPatience);
  } catch (...) {
    round.error = remote::current_failure();
  }
  primary_.on_piece({});
  // Nobody has taken what was asked for ahead.
  if (round.error) primary_.ahead().forget();
  measure(round, began, bytes);
}

void Replicator::Core::measure(Round& round, Clock::time_point began,
                               std::uint64_t bytes_before) const {
  round.report.pages = round.pulled.pages;
  round.report.bytes = primary_.bytes() - bytes_before;
  round.report.duration =
      std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began);
}

// Whoever sends all the time must not keep the thread from its end.
void Replicator::Core::on_piece(Round& round, Clock::time_point began, std::uint64_t bytes_before) {
  const auto now = Clock::now();
  if (now < looked_ + kLook) return;
  looked_ = now;
  look();
  if (now < told_ + kProgress) return;
  // A sync that brings nothing is not reported.
  if (!round.pulled.replaced && round.pulled.pages == 0) return;
  told_ = now;
  round.is_reported = true;
  measure(round, began, bytes_before);
  SyncEvent event;
  event.everything = round.pulled.replaced;
  event.report = round.report;
  watchers_.tell(event);
}

void Replicator::Core::tell_watchers(const Round& round) {
  if (!round.error && round.report.pages == 0 && !round.is_reported) return;
  watchers_.tell({true, round.pulled.replaced, round.report, round.error});
}

void Replicator::Core::tell_followers(const Round& round) {
  if (round.error) return;
  std::vector<Follower> told;
  {
    const core::MutexLock lock(mutex_);
    const auto later =
        std::stable_partition(followers_.begin(), followers_.end(),
                              [&round](const Follower& one) { return one.round <= round.number; });
    std::move(followers_.begin(), later, std::back_inserter(told));
    followers_.erase(followers_.begin(), later);
  }
  for (const Follower& one : told) one.then();
}

void Replicator::Core::note(Round& round) {
  const core::MutexLock lock(mutex_);
  const auto now = std::chrono::system_clock::now();
  if (round.has_position && (round.position.frame || !round.position.revision.empty())) {
    const bool same = round.position.history == position_.history &&
                      round.position.protocol == position_.protocol;
    // Frames of another history mean nothing here.
    if (!same && !position_.history.empty()) status_.written_frame = 0;
    position_ = round.position;
  }
  if (round.pulled.replaced) ++epoch_;
  status_.frame = position_.frame;
  status_.history = position_.history;
  status_.revision = position_.revision;
  status_.pages += round.report.pages;
  status_.bytes += round.report.bytes;
  status_.error = round.error;
  if (puller_.protocol()) status_.protocol = name_of(*puller_.protocol());
  if (round.error) {
    if (!status_.offline_since) status_.offline_since = now;
  } else {
    ++status_.syncs;
    status_.synced_at = now;
    status_.offline_since.reset();
    covered_ = std::max(covered_, round.writes);
    rounds_ended_ = round.number;
  }
  update_behind();
  round.report.frame = position_.frame;
  latest_round_ = Clock::now();
}

bool Replicator::Core::has_reached(const Goal& goal) const {
  if (!goal.frame || position_.protocol != Protocol::replication_log) return true;
  return position_.frame && *position_.frame >= *goal.frame;
}

void Replicator::Core::tell(const Round& round) {
  Waiters told;
  std::vector<bool> reached;
  {
    const core::MutexLock lock(mutex_);
    std::swap(told, running_);
    for (const Waiter& waiter : told) reached.push_back(has_reached(waiter.goal));
  }
  tried_ = true;
  for (std::size_t i = 0; i < told.size(); ++i) {
    if (round.error) {
      told[i].done(&*round.error, round.report);
    } else if (!reached[i]) {
      const Error error(ErrorKind::error,
                        "the primary has no frame " + std::to_string(*told[i].goal.frame) + " yet");
      told[i].done(&error, round.report);
    } else {
      told[i].done(nullptr, round.report);
    }
  }
}

void Replicator::Core::expire() {
  const auto now = Clock::now();
  Waiters expired;
  const auto take = [&](Waiters& from) {
    const auto late = std::stable_partition(
        from.begin(), from.end(), [now](const Waiter& waiter) { return waiter.deadline > now; });
    std::move(late, from.end(), std::back_inserter(expired));
    from.erase(late, from.end());
  };
  {
    const core::MutexLock lock(mutex_);
    take(running_);
    take(waiters_);
  }
  const Error error(ErrorKind::timeout, "the replica's sync did not end in time; it goes on");
  for (const Waiter& waiter : expired) waiter.done(&error, {});
}

// --- Owners ---

void Replicator::Core::stop() noexcept {
  const core::MutexLock lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
}

void Replicator::Core::use(std::shared_ptr<remote::HttpOrigin> origin,
                           std::optional<milliseconds> interval) {
  const core::MutexLock lock(mutex_);
  origin_ = std::move(origin);
  primary_.ahead().forget();
  if (interval && (!interval_ || *interval < *interval_)) interval_ = interval;
  changed_.notify_all();
}

void Replicator::Core::add(Waiter waiter) {
  if (!frozen_) primary_.ahead().send();
  {
    const core::MutexLock lock(mutex_);
    if (!frozen_) {
      waiters_.push_back(std::move(waiter));
      return changed_.notify_all();
    }
  }
  const Error error(ErrorKind::unsupported, "the replica was frozen: it follows no primary");
  waiter.done(&error, {});
}

void Replicator::Core::after_sync(std::function<void()> then) {
  const core::MutexLock lock(mutex_);
  followers_.push_back({rounds_begun_ + 1, std::move(then)});
}

void Replicator::Core::update_behind() {
  const bool frames = position_.protocol == Protocol::replication_log &&
                      status_.written_frame > position_.frame.value_or(0) &&
                      status_.written_frame != 0;
  status_.behind = frames || covered_ < writes_;
  behind_ = status_.behind;
}

// The frame alone would not do: it may be one of a new log.
void Replicator::Core::note_write(std::optional<std::uint64_t> index) {
  const core::MutexLock lock(mutex_);
  ++writes_;
  if (index && position_.protocol == Protocol::replication_log &&
      *index > position_.frame.value_or(0)) {
    status_.written_frame = std::max(status_.written_frame, *index);
  }
  update_behind();
}

// Not compared with the file's frame: the server may name an older one than it has read, and one of
// a new log.
std::uint64_t Replicator::Core::note_read() const noexcept { return rounds_begun_ + 1; }

bool Replicator::Core::has_ended(std::uint64_t round) const noexcept {
  return rounds_ended_ >= round;
}

bool Replicator::Core::is_failing() const {
  const core::MutexLock lock(mutex_);
  return status_.error.has_value();
}

ReplicaStatus Replicator::Core::status() const {
  const core::MutexLock lock(mutex_);
  return status_;
}

void Replicator::Core::freeze() {
  file_->freeze(kTurnPatience);
  Waiters left;
  {
    const core::MutexLock lock(mutex_);
    frozen_ = true;
    interval_.reset();
    std::swap(left, waiters_);
    changed_.notify_all();
  }
  const Error error(ErrorKind::unsupported, "the replica has been frozen");
  for (const Waiter& waiter : left) waiter.done(&error, {});
}

}  // namespace libsql::replica
