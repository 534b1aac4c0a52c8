// The write-ahead log and its checkpoints. The automatic checkpoint replaces SQLite's, which would
// run in any commit: it waits for the disk, which some commits must not.
#include <algorithm>
#include <chrono>
#include <limits>
#include <string>
#include <utility>

#include "local/session.h"

namespace libsql::local {

namespace {

// A log that reaches this multiple of the automatic checkpoint's threshold has overlapping readers:
// a passive checkpoint then never copies the whole log, so that it never restarts.
constexpr int kOvergrown = 4;
// How long writers wait for those readers to end. Readers that begin once the log has been moved
// read the database file, and are not waited for.
constexpr std::chrono::milliseconds kTruncationWait{250};
// One attempt. SQLite waits for a read mark of the log's index, even if a reader that does not
// prevent the truncation has taken that mark over; a new attempt notices that.
constexpr std::chrono::milliseconds kTruncationAttempt{10};

// Shortens the busy timeout for one call.
class ShorterBusyTimeout {
 public:
  ShorterBusyTimeout(Cancellation& cancellation, std::chrono::milliseconds longest) noexcept
      : cancellation_(cancellation), before_(cancellation.busy_timeout()) {
    cancellation.set_busy_timeout(std::min(before_, longest));
  }
  ShorterBusyTimeout(const ShorterBusyTimeout&) = delete;
  ShorterBusyTimeout& operator=(const ShorterBusyTimeout&) = delete;
  ~ShorterBusyTimeout() { cancellation_.set_busy_timeout(before_); }

 private:
  Cancellation& cancellation_;
  const std::chrono::milliseconds before_;
};

int checkpoint_flag(CheckpointMode mode) {
  switch (mode) {
    case CheckpointMode::passive:
      return SQLITE_CHECKPOINT_PASSIVE;
    case CheckpointMode::full:
      return SQLITE_CHECKPOINT_FULL;
    case CheckpointMode::restart:
      return SQLITE_CHECKPOINT_RESTART;
    case CheckpointMode::truncate:
      break;
  }
  return SQLITE_CHECKPOINT_TRUNCATE;
}

}  // namespace

CheckpointResult LocalSession::checkpoint(CheckpointMode mode, std::string_view database) {
  cancellation_->start(running_ == 0, Cancellation::Stop::on_request);
  const Upkeep upkeep(queue_);
  const std::string name(database);
  int log_frames = -1;
  int checkpointed_frames = -1;
  const int rc = sqlite3_wal_checkpoint_v2(db(), name.c_str(), checkpoint_flag(mode), &log_frames,
                                           &checkpointed_frames);
  if (rc != SQLITE_OK && rc != SQLITE_BUSY) throw error(rc, {});
  ++checkpoints_;
  // The next commit may restart the log.
  if (queue_ && is_main(name) && log_frames == checkpointed_frames) {
    if (log_frames > 0) queue_->checkpointed_frames.store(log_frames);
    if (log_frames == 0 && mode == CheckpointMode::truncate) {
      queue_->log_frames.store(0);
      queue_->checkpointed_frames.store(std::numeric_limits<int>::max());
    }
  }
  return {rc == SQLITE_BUSY, log_frames, checkpointed_frames};
}

// --- The automatic checkpoint ---

void LocalSession::take_over_checkpoints() {
  auto_checkpoint_ = std::stoi(run_for_text(db(), "PRAGMA wal_autocheckpoint"));
  install_wal_hook();
}

void LocalSession::install_wal_hook() noexcept { sqlite3_wal_hook(db_.get(), &on_wal, this); }

void LocalSession::install_auto_checkpoint() noexcept {
  sqlite3_wal_autocheckpoint(db_.get(), auto_checkpoint_);
}

int LocalSession::on_wal(void* self, sqlite3* /*db*/, const char* database, int pages) {
  auto& session = *static_cast<LocalSession*>(self);
  if (session.queue_ && is_main(database)) {
    if (pages < session.queue_->log_frames.exchange(pages)) session.queue_->log_synced = false;
    if (pages < session.queue_->checkpointed_frames.load())
      session.queue_->checkpointed_frames.store(0);
  }
  try {
    if (session.auto_checkpoint_ > 0 && pages >= session.auto_checkpoint_) {
      session.checkpoints_due_[database] = pages;
    }
    session.feed_.wal_grew(database, pages);
  } catch (...) {  // NOLINT(bugprone-empty-catch): out of memory loses an event, not the database
  }
  return SQLITE_OK;
}

bool LocalSession::checkpoint_due() const noexcept {
  if (!checkpoints_due_.empty()) return true;
  return queue_ && auto_checkpoint_ > 0 && queue_->log_frames.load() >= auto_checkpoint_;
}

void LocalSession::run_due_checkpoints() noexcept {
  const auto due = std::exchange(checkpoints_due_, {});
  for (const auto& [database, frames] : due) {
    try {
      if (frames >= std::max(truncate_at(database).load(), kOvergrown * auto_checkpoint_)) {
        truncate_overgrown(database, frames);
      } else {
        checkpoint(CheckpointMode::passive, database);
      }
    } catch (const std::exception&) {
      continue;  // As with SQLite's automatic checkpoint, the next commit tries again.
    }
  }
}

void LocalSession::truncate_overgrown(const std::string& database, int frames) {
  const ShorterBusyTimeout attempt(*cancellation_, kTruncationAttempt);
  const auto give_up = Cancellation::Clock::now() + kTruncationWait;
  bool busy = true;
  do {
    busy = checkpoint(CheckpointMode::truncate, database).busy;
  } while (busy && Cancellation::Clock::now() < give_up && !cancellation_->stop_requested());
  // After a wait in vain, wait again only once the log is twice as long.
  constexpr int kMost = std::numeric_limits<int>::max();
  truncate_at(database).store(!busy ? 0 : frames > kMost / 2 ? kMost : 2 * frames);
}

std::atomic<int>& LocalSession::truncate_at(const std::string& database) {
  return queue_ && is_main(database) ? queue_->truncate_at : truncate_attached_at_[database];
}

bool LocalSession::log_sync_due() const {
  if (!queue_ || !wal_ || full_sync_ || auto_checkpoint_ <= 0 || queue_->log_synced) return false;
  // Without waiting writers, the sync of the checkpoint suffices.
  const bool long_enough = queue_->log_frames.load() >= auto_checkpoint_ - auto_checkpoint_ / 4;
  return long_enough && queue_->waiting() > 0;
}

// The checkpoint syncs the log before it copies it, while writers wait. This sync writes most of
// the log to the disk before, while others write. If it fails, the checkpoint reports the error.
void LocalSession::sync_log() noexcept {
  if (queue_->log_synced.exchange(true)) return;
  sqlite3_file* log = nullptr;
  sqlite3_file_control(db_.get(), "main", SQLITE_FCNTL_JOURNAL_POINTER, static_cast<void*>(&log));
  if (log != nullptr && log->pMethods != nullptr) log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
}

}  // namespace libsql::local
