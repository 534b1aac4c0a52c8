#include "replica/sync_turn.h"

#include <string>
#include <utility>

#include "libsql/error.h"
#include "replica/database.h"
#include "replica/self_test.h"

namespace libsql::replica {

SyncTurn::SyncTurn(std::shared_ptr<ReplicaFile> file, std::unique_ptr<ReplicaLock> lock)
    : file_(std::move(file)), lock_(std::move(lock)) {
  look();
}

SyncTurn::~SyncTurn() {
  if (file_->writer_) {
    file_->writer_->abandon();
    if (!file_->writer_->is_usable()) file_->writer_.reset();
  }
  new_database_.reset();
  lock_.reset();
  file_->give_turn_back();
}

WalWriter& SyncTurn::writer() {
  if (!file_->writer_ || !file_->writer_->is_usable()) {
    file_->writer_.reset();
    const Publication publication = working_publication(folder_of(file_->config().file));
    file_->writer_ = std::make_unique<WalWriter>(open_database(file_->keys_), publication);
    file_->checkpoint_at_ = file_->config().checkpoints.frames;
  }
  return *file_->writer_;
}

// Without a position, so that a later sync does not go on from the old one.
void SyncTurn::need_everything(const std::string& reason) {
  need_ = Need::everything;
  sidecar_.position = {};
  reason_ = reason;
}

void SyncTurn::look() {
  const std::optional<Sidecar> sidecar = file_->matching_sidecar();
  if (!sidecar) {
    // A writer of a file that has gone since.
    file_->writer_.reset();
    sidecar_ = {};
    sidecar_.primary = file_->config().primary;
    const bool other = identity_of(file_->config().file).has_value();
    return need_everything(other ? "the file is not the one that its sidecar is about"
                                 : "there is no local copy yet");
  }
  sidecar_ = *sidecar;
  exists_ = true;
  const auto live = sidecar_.dirty ? lock_->load(sidecar_.serial) : std::nullopt;
  need_ = Need::changes;
  if (live) {
    sidecar_.position = live->position;
    sidecar_.pages = live->pages;
  }
  if (sidecar_.dirty && (!live || live->pending)) {
    need_ = Need::changes_to_head;
    reason_ = "a sync was interrupted";
  }
  if (!sidecar_.position.frame && sidecar_.position.revision.empty()) {
    need_everything("there is no local copy yet");
  }
  look_at_log(need_ == Need::changes, live ? live->log : sidecar_.log);
}

// Between two syncs only checkpoints may change the log.
void SyncTurn::look_at_log(bool known, const LogState& expected) {
  try {
    log_ = writer().begin();
    writer().abandon();
  } catch (const Error& error) {
    file_->writer_.reset();
    if (error.kind() != ErrorKind::corrupt) throw;
    exists_ = false;
    return need_everything("the local copy is damaged");
  }
  if (known && log_.frames != 0 && log_ != expected) {
    need_everything("another program has written into the local copy");
  }
}

void SyncTurn::start_over() {
  if (file_->writer_) file_->writer_->abandon();
  new_database_.reset();
  arrived_ = {};
  need_everything("the primary has another history than the local copy");
}

void SyncTurn::add(PageNumber number, ConstBytes image) {
  if (!exists_) {
    if (!new_database_) {
      new_database_ =
          std::make_unique<NewDatabase>(file_->config().file, file_->config().encryption);
    }
    return new_database_->add(number, image);
  }
  if (!writer().in_transaction()) {
    mark_dirty();
    const LogState found = writer().begin();
    if (found.frames != 0 && found != log_) {
      writer().abandon();
      throw Error(ErrorKind::busy, "another program has written into the replica; sync again");
    }
  }
  writer().append(number, image);
  if (need_ == Need::everything) arrived_.add(number);
}

bool SyncTurn::end_transaction(std::uint32_t pages, const Position& position, Reached reached) {
  if (need_ != Need::changes && reached == Reached::midway) return false;
  if (!exists_) {
    install_new(pages, position);
  } else {
    commit_pages(pages, position);
  }
  need_ = Need::changes;
  reason_.clear();
  arrived_ = {};
  return true;
}

void SyncTurn::nothing_new(Position position) {
  if (need_ == Need::everything || (file_->writer_ && file_->writer_->in_transaction())) {
    throw Error(ErrorKind::misuse, "a sync that began has to end with a transaction");
  }
  if (need_ == Need::changes && position == sidecar_.position) return;
  mark_dirty();
  sidecar_.position = std::move(position);
  store_live(false);
  need_ = Need::changes;
  reason_.clear();
}

void SyncTurn::release() {
  if (writer().truncate_log().busy) {
    throw Error(ErrorKind::busy, "connections still read older states of the replica");
  }
  file_->writer_.reset();
  remove_sidecar(file_->config().file);
  std::filesystem::remove(lock_path(file_->config().file));
}

// Before the first commit since the last clean end: from now on the pages may be further.
void SyncTurn::mark_dirty() {
  if (sidecar_.dirty) return;
  sidecar_.dirty = true;
  store_sidecar(file_->config().file, &sidecar_);
  store_live(false);
}

void SyncTurn::store_live(bool pending) {
  lock_->store({.boot = {},
                .serial = sidecar_.serial,
                .position = sidecar_.position,
                .pages = sidecar_.pages,
                .log = log_,
                .pending = pending});
}

void SyncTurn::commit_pages(std::uint32_t pages, const Position& position) {
  if (need_ == Need::everything) {
    try {
      arrived_.require_all(pages);
    } catch (...) {
      writer().abandon();
      throw;
    }
  }
  // An interrupted or failed commit is not told apart from a finished one: the next sync goes to
  // the head.
  store_live(true);
  log_ = writer().commit(pages, Durability::written);
  sidecar_.position = position;
  sidecar_.pages = pages;
  store_live(false);
  keep_log_short();
}

// The sidecar's position follows where the log has been synced.
void SyncTurn::keep_log_short() {
  if (log_.frames < file_->checkpoint_at_ || !writer().is_usable()) return;
  try {
    static_cast<void>(writer().checkpoint_if_due(file_->config().checkpoints));
    writer().sync();
    log_ = writer().begin();
    writer().abandon();
  } catch (const Error&) {
    // The commit has happened; the next one tries again, and reports what it cannot write.
    return;
  }
  file_->checkpoint_at_ = log_.frames + file_->config().checkpoints.frames;
  sidecar_.log = log_;
  store_sidecar(file_->config().file, &sidecar_);
  store_live(false);
}

// The sidecar first: if only the sidecar arrives on the disk, it is about no database that exists.
void SyncTurn::install_new(std::uint32_t pages, const Position& position) {
  if (!new_database_) throw Error(ErrorKind::misuse, "a first copy needs at least one page");
  new_database_->finish(pages);
  file_->writer_.reset();
  sidecar_.file = new_database_->identity();
  sidecar_.position = position;
  sidecar_.pages = pages;
  sidecar_.dirty = false;
  sidecar_.log = {};
  store_sidecar(file_->config().file, &sidecar_);
  new_database_->install();
  new_database_.reset();
  exists_ = true;
  log_ = {};
}

}  // namespace libsql::replica
