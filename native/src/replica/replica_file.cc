#include "replica/replica_file.h"

#include <map>
#include <system_error>
#include <utility>

#include "libsql/error.h"
#include "replica/new_database.h"
#include "replica/sync_turn.h"

namespace libsql::replica {

namespace {

// All replicas of the process, by the path of their file.
struct Registry {
  core::Mutex mutex;
  std::map<std::string, std::weak_ptr<ReplicaFile>> files LIBSQL_GUARDED_BY(mutex);
};

Registry& registry() {
  // Never destroyed: a thread may still run when the process ends.
  // NOLINTNEXTLINE(cppcoreguidelines-owning-memory)
  static Registry& instance = *new Registry;
  return instance;
}

std::filesystem::path canonical_path(const std::filesystem::path& file) {
  std::error_code failed;
  const std::filesystem::path path = std::filesystem::weakly_canonical(file, failed);
  return failed ? file : path;
}

Error not_ours(const std::filesystem::path& file, const std::string& why) {
  return Error(ErrorKind::cannot_open,
               file.string() + " " + why + "; delete it, or replicate into another file");
}

}  // namespace

ReplicaFile::ReplicaFile(ReplicaConfig config)
    : config_(std::move(config)), keys_(config_.file.string(), config_.encryption) {}

std::shared_ptr<ReplicaFile> ReplicaFile::open(const ReplicaConfig& config) {
  ReplicaConfig found = config;
  found.file = canonical_path(config.file);
  Registry& known = registry();
  const core::MutexLock lock(known.mutex);
  std::erase_if(known.files, [](const auto& entry) { return entry.second.expired(); });
  std::weak_ptr<ReplicaFile>& entry = known.files[found.file.string()];
  if (std::shared_ptr<ReplicaFile> open = entry.lock()) {
    if (open->config_.primary != found.primary) {
      throw not_ours(found.file, "is being used as a replica of " + open->config_.primary);
    }
    return open;
  }
  // Not make_shared: the constructor is private.
  std::shared_ptr<ReplicaFile> made(new ReplicaFile(std::move(found)));
  static_cast<void>(made->matching_sidecar());
  entry = made;
  return made;
}

// A sidecar without its database is of no use, a database without a sidecar may be anybody's.
std::optional<Sidecar> ReplicaFile::matching_sidecar() const {
  const auto database = identity_of(config_.file);
  if (!database) return std::nullopt;
  std::optional<Sidecar> sidecar = load_sidecar(config_.file);
  if (!sidecar) {
    if (database->size == 0) return std::nullopt;
    // What libSQL's own client has left has nothing that the primary does not have, and is kept.
    if (std::filesystem::exists(libsql_position_path(config_.file))) return std::nullopt;
    throw not_ours(config_.file, "exists and is not known to be a replica: there is no " +
                                     sidecar_path(config_.file).string());
  }
  if (sidecar->primary != config_.primary) {
    throw not_ours(config_.file,
                   "is a replica of " + sidecar->primary + ", not of " + config_.primary);
  }
  // Copied, restored, or somebody else's: it will be replaced by a new copy, and kept aside.
  if (!sidecar->file.same_file(*database)) return std::nullopt;
  return sidecar;
}

ReplicaFile::~ReplicaFile() {
  try {
    close();
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
    // The next start pulls to the head in one commit.
  }
}

bool ReplicaFile::is_readable() const { return matching_sidecar().has_value(); }

void ReplicaFile::make_readable(std::chrono::milliseconds patience) {
  if (is_readable()) return;
  if (!take_turn(patience)) throw Error(ErrorKind::busy, "the replica is being synchronised");
  try {
    const auto lock = ReplicaLock::acquire(config_.file, patience);
    if (!lock) throw Error(ErrorKind::busy, "another process synchronises the replica");
    if (identity_of(config_.file)) {
      if (!is_readable()) {
        throw not_ours(
            config_.file,
            "is not the file that its sidecar is about (a copy perhaps, or what libSQL's "
            "own client has left), and may be read after the next sync, which replaces "
            "and keeps it");
      }
    } else {
      NewDatabase::make_empty(config_.file, config_.encryption, [this](const FileIdentity& file) {
        Sidecar sidecar;
        sidecar.primary = config_.primary;
        sidecar.file = file;
        store_sidecar(config_.file, &sidecar);
      });
    }
  } catch (...) {
    give_turn_back();
    throw;
  }
  give_turn_back();
}

void ReplicaFile::freeze(std::chrono::milliseconds patience) {
  const std::unique_ptr<SyncTurn> turn = begin_sync(patience);
  if (!turn) throw Error(ErrorKind::busy, "the replica is being synchronised");
  if (turn->need() == Need::everything) {
    throw Error(ErrorKind::cannot_open, "the replica has no local copy that could be frozen");
  }
  turn->release();
}

std::unique_ptr<SyncTurn> ReplicaFile::begin_sync(std::chrono::milliseconds patience) {
  const auto give_up = std::chrono::steady_clock::now() + patience;
  if (!take_turn(patience)) return nullptr;
  try {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        give_up - std::chrono::steady_clock::now());
    auto lock = ReplicaLock::acquire(config_.file, left);
    if (lock) return std::make_unique<SyncTurn>(shared_from_this(), std::move(lock));
  } catch (...) {
    give_turn_back();
    throw;
  }
  give_turn_back();
  return nullptr;
}

void ReplicaFile::close() {
  constexpr std::chrono::milliseconds kNow{0};
  if (!take_turn(kNow)) return;
  try {
    const auto lock = writer_ ? ReplicaLock::acquire(config_.file, kNow) : nullptr;
    std::optional<Sidecar> sidecar = lock ? matching_sidecar() : std::nullopt;
    const auto live = sidecar && sidecar->dirty ? lock->load(sidecar->serial) : std::nullopt;
    if (live && !live->pending) {
      writer_->sync();
      sidecar->position = live->position;
      sidecar->pages = live->pages;
      sidecar->log = live->log;
      sidecar->dirty = false;
      store_sidecar(config_.file, &*sidecar);
    }
    writer_.reset();
  } catch (...) {
    writer_.reset();
    give_turn_back();
    throw;
  }
  give_turn_back();
}

bool ReplicaFile::take_turn(std::chrono::milliseconds patience) {
  const auto give_up = std::chrono::steady_clock::now() + patience;
  core::MutexLock lock(mutex_);
  while (taken_) {
    if (!turn_over_.wait_until(lock, give_up) && taken_) return false;
  }
  taken_ = true;
  return true;
}

void ReplicaFile::give_turn_back() noexcept {
  const core::MutexLock lock(mutex_);
  taken_ = false;
  turn_over_.notify_one();
}

}  // namespace libsql::replica
