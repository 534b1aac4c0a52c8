#include "replica/replicator.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "replica/replicator_core.h"

namespace libsql::replica {

namespace {

// All replicators of the process, by the path of their file.
struct Registry {
  core::Mutex mutex;
  std::map<std::string, std::weak_ptr<Replicator>> replicators LIBSQL_GUARDED_BY(mutex);
};

Registry& registry() {
  // Never destroyed: a thread may still run when the process ends.
  // NOLINTNEXTLINE(cppcoreguidelines-owning-memory)
  static Registry& instance = *new Registry;
  return instance;
}

// Waits for a sync, and tells who is gone nothing.
struct Waited {
  core::Mutex mutex;
  core::CondVar ended;
  bool has_ended LIBSQL_GUARDED_BY(mutex) = false;
  std::optional<Error> error LIBSQL_GUARDED_BY(mutex);
  SyncReport report LIBSQL_GUARDED_BY(mutex);
};

constexpr std::chrono::milliseconds kLook{50};

}  // namespace

std::shared_ptr<Replicator> Replicator::open(const Config& config) {
  Registry& known = registry();
  const core::MutexLock lock(known.mutex);
  const std::shared_ptr<ReplicaFile> file = ReplicaFile::open(config.file);
  std::erase_if(known.replicators, [](const auto& entry) { return entry.second.expired(); });
  std::weak_ptr<Replicator>& entry = known.replicators[file->config().file.string()];
  if (auto open = entry.lock(); open && !open->is_frozen()) {
    open->core_->use(config.origin, config.interval);
    return open;
  }
  auto made = std::make_shared<Replicator>(config, file);
  entry = made;
  return made;
}

Replicator::Replicator(const Config& config, std::shared_ptr<ReplicaFile> file)
    : core_(std::make_shared<Core>(config, std::move(file))),
      thread_([core = core_] { core->run(); }) {}

// The last owner may be a caller of the replicator's own thread.
Replicator::~Replicator() {
  core_->stop();
  if (std::this_thread::get_id() == thread_.get_id()) {
    thread_.detach();
  } else {
    thread_.join();
  }
}

void Replicator::sync(const Goal& goal, Clock::time_point deadline, Done done) {
  core_->add({goal, deadline, std::move(done)});
}

SyncReport Replicator::sync_and_wait(const SyncRequest& request) {
  const auto waited = std::make_shared<Waited>();
  sync({request.frame}, Clock::now() + request.timeout,
       [waited](const Error* error, const SyncReport& report) {
         const core::MutexLock lock(waited->mutex);
         if (error != nullptr) waited->error = *error;
         waited->report = report;
         waited->has_ended = true;
         waited->ended.notify_all();
       });
  for (;;) {
    {
      core::MutexLock lock(waited->mutex);
      if (!waited->has_ended) waited->ended.wait_until(lock, Clock::now() + kLook);
      if (waited->error) throw Error(*waited->error);
      if (waited->has_ended) return waited->report;
    }
    if (request.cancelled && request.cancelled()) {
      throw Error(ErrorKind::interrupted, "interrupted while waiting for the replica's sync");
    }
  }
}

void Replicator::sync_first(const SyncRequest& request) {
  if (core_->has_tried() && core_->file().is_readable()) return;
  try {
    static_cast<void>(sync_and_wait(request));
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::interrupted || !core_->file().is_readable()) throw;
    // The replica opens as it was; status() tells since when it is offline.
  }
}

bool Replicator::has_copy() const { return core_->file().is_readable(); }
void Replicator::make_readable() { core_->file().make_readable(std::chrono::seconds(5)); }
void Replicator::note_write(std::optional<std::uint64_t> index) { core_->note_write(index); }
std::uint64_t Replicator::note_read() const noexcept { return core_->note_read(); }
bool Replicator::has_ended(std::uint64_t round) const noexcept { return core_->has_ended(round); }
bool Replicator::is_failing() const { return core_->is_failing(); }
bool Replicator::is_behind() const noexcept { return core_->is_behind(); }
std::uint64_t Replicator::epoch() const noexcept { return core_->epoch(); }
ReplicaStatus Replicator::status() const { return core_->status(); }
const ReplicaConfig& Replicator::file() const noexcept { return core_->file().config(); }
std::shared_ptr<const SyncObserver> Replicator::watch(SyncObserver observer) {
  return core_->watchers().add(std::move(observer));
}
void Replicator::after_sync(std::function<void()> then) { core_->after_sync(std::move(then)); }
void Replicator::freeze() { core_->freeze(); }
bool Replicator::is_frozen() const noexcept { return core_->is_frozen(); }

}  // namespace libsql::replica
