#include "server/replication/primary_log.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "core/big_endian.h"

namespace libsql::server::replication {
namespace {

// Frames of the write-ahead log from which it is moved into the file, as SQLite does.
constexpr std::uint32_t kCheckpointFrames = 1000;

bool is_at(const TapPosition& position, const replica::IndexHeader& header) noexcept {
  return position.salt == header.chain.salt && position.frames == header.frames &&
         position.sums == header.chain.sums;
}

// SQLite counts the first half of the salt up when the log begins anew, and chooses all of it for
// the first frame of an empty one.
bool follows(const TapPosition& position, const replica::Salt& salt) noexcept {
  return position.frames == 0 ||
         core::load_be32(salt.data()) == core::load_be32(position.salt.data()) + 1;
}

}  // namespace

PrimaryLog::PrimaryLog(std::string database, std::uint64_t most_frames, EndedGeneration ended)
    : database_(std::move(database)), most_frames_(most_frames), ended_(ended) {
  if (LogStore::exists(database_)) static_cast<void>(view());
}

PrimaryLog::~PrimaryLog() {
  capture();
  const core::MutexLock lock(mutex_);
  if (!store_) return;
  try {
    tap_->checkpoint();
    store_->close();
  } catch (const std::exception&) {
    // Its record does not say "closed": after a crash of the machine nobody goes on with it.
    store_.reset();
  }
}

LogView PrimaryLog::view() {
  const core::MutexLock lock(mutex_);
  try {
    if (!store_) begin();
    catch_up();
    return store_->view();
  } catch (...) {
    give_up();
    throw;
  }
}

void PrimaryLog::give_up() noexcept {
  store_.reset();
  tap_.reset();
  head_ = kNone;
}

void PrimaryLog::begin() {
  tap_ = std::make_unique<WalTap>(database_);
  if (LogStore::exists(database_)) store_ = LogStore::resume(database_, *tap_);
  if (!store_) store_ = LogStore::begin(database_, *tap_, stopping_);
}

void PrimaryLog::capture() noexcept {
  if (head_.load() == kNone) return;
  const core::MutexLock lock(mutex_);
  if (!store_) return;
  try {
    catch_up();
  } catch (const std::exception&) {
    give_up();
  }
}

void PrimaryLog::catch_up() {
  replica::IndexHeader header = tap_->newest();
  while (!is_at(store_->position(), header)) {
    if (!read(header)) store_ = LogStore::begin(database_, *tap_, stopping_);
    tap_->follow();
    header = tap_->newest();
  }
  head_ = store_->head();
  tidy(header.frames);
}

bool PrimaryLog::read(const replica::IndexHeader& header) {
  const TapPosition position = store_->position();
  const bool same = position.salt == header.chain.salt;
  if (same ? header.frames <= position.frames : !follows(position, header.chain.salt)) return false;
  const std::uint32_t first = same ? position.frames + 1 : 1;
  if (tap_->read_log(first, header.frames, header.chain.salt,
                     [this](Bytes frames) LIBSQL_REQUIRES(mutex_) { store_->append(frames); })) {
    const std::uint32_t pages = header.frames > 0 ? header.pages : store_->view().pages;
    store_->commit({header.chain.salt, header.frames, header.chain.sums}, pages);
  } else {
    store_->abandon();  // A new look tells what has become of the log.
  }
  return true;
}

void PrimaryLog::tidy(std::uint32_t log_frames) {
  if (log_frames >= kCheckpointFrames) tap_->checkpoint();
  if (!stopping_ &&
      store_->frames() >= std::max<std::uint64_t>(most_frames_, store_->view().pages)) {
    store_->compact(ended_, stopping_);
  }
}

}  // namespace libsql::server::replication
