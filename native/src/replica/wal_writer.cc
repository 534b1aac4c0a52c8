#include "replica/wal_writer.h"

#include <algorithm>
#include <string>
#include <utility>

#include "libsql/error.h"
#include "local/writer_queue.h"
#include "replica/log_file.h"
#include "replica/wal_scan.h"

namespace libsql::replica {

namespace {

constexpr std::chrono::milliseconds kBusyTimeout{5000};
// SQLite waits for the mark of a reader, even if another reader has taken it over: a new attempt
// notices that.
constexpr std::chrono::milliseconds kTruncationAttempt{10};

sqlite3_file* file_of(sqlite3* db, int which) {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(db, "main", which, static_cast<void*>(&file));
  if (file != nullptr && file->pMethods != nullptr) return file;
  throw Error(ErrorKind::unsupported, "the replica's database is not in WAL mode");
}

Salt random_salt() {
  Salt salt{};
  sqlite3_randomness(static_cast<int>(salt.size()), salt.data());
  return salt;
}

LogState state_of(const IndexHeader& header) {
  // Of a log without frames only that counts.
  if (header.frames == 0) return {};
  return {header.chain.salt, header.frames, header.chain.sums};
}

Error unfitting() {
  return Error(ErrorKind::corrupt, "the write-ahead log of the replica is not the one of its index",
               SQLITE_CORRUPT);
}

}  // namespace

WalWriter::WalWriter(local::DbHandle db, Publication publication)
    : db_(std::move(db)), publication_(publication) {
  sqlite3_busy_timeout(db_.get(), static_cast<int>(kBusyTimeout.count()));
  local::run_for_text(db_.get(), "PRAGMA wal_autocheckpoint = 0");
  local::run_for_text(db_.get(), "PRAGMA synchronous = NORMAL");
  // SQLite opens the log, and builds its index if need be, at the first read.
  local::run_for_text(db_.get(), "SELECT count(*) FROM sqlite_schema");
  const std::string size = local::run_for_text(db_.get(), "PRAGMA page_size");
  if (size != std::to_string(kPageSize)) {
    throw Error(ErrorKind::unsupported, "a replica has pages of 4096 bytes, this database of " +
                                            size + "; replicate into a new file");
  }
  queue_ = local::WriterQueue::of_database(db_.get());
}

IndexHeader WalWriter::found_header(sqlite3_file* log) {
  if (publication_ == Publication::rebuild) {
    if (index_->is_known()) return scan_log(log);
  } else if (const auto header = index_->read()) {
    return *header;
  }
  throw Error(ErrorKind::unsupported,
              std::string("SQLite ")
                  .append(sqlite3_libversion())
                  .append(" keeps the index of its write-ahead log in a layout other than 3007000; "
                          "replicas need that one"));
}

LogState WalWriter::begin() {
  if (transaction_) throw Error(ErrorKind::misuse, "the replica is being written already");
  local::run_for_text(db_.get(), "BEGIN IMMEDIATE");
  try {
    if (!index_) index_.emplace(file_of(db_.get(), SQLITE_FCNTL_FILE_POINTER));
    sqlite3_file* const log = file_of(db_.get(), SQLITE_FCNTL_JOURNAL_POINTER);
    transaction_ = Transaction{log, found_header(log)};
    check_log(*transaction_);
  } catch (...) {
    transaction_.reset();
    usable_ = run_commit();
    throw;
  }
  frames_ = transaction_->header.frames;
  return state_of(transaction_->header);
}

// A log that somebody has put in the place of the index's must not be written to.
void WalWriter::check_log(const Transaction& transaction) {
  if (transaction.header.frames == 0) return;
  LogHeader header{};
  const bool there = LogFile(transaction.log).read(header, 0);
  const std::optional<LogChain> chain = there ? read_log_header(header) : std::nullopt;
  if (!chain || chain->salt != transaction.header.chain.salt ||
      chain->order != transaction.header.chain.order) {
    throw unfitting();
  }
}

// The new salt makes whatever the file still holds worthless; the sync makes sure that no power cut
// can bring the old header back in front of new frames.
void WalWriter::start_log(Transaction& transaction) {
  const LogFile log(transaction.log);
  LogHeader before{};
  const std::uint32_t sequence = log.read(before, 0) ? log_sequence(before) + 1 : 0;
  const LogHeader header = make_log_header(sequence, random_salt());
  log.write(header, 0);
  log.sync();
  transaction.header.chain = read_log_header(header).value();
}

// One frame is held back, because the last one has to say that it is the last.
void WalWriter::append(PageNumber number, ConstBytes image) {
  if (!transaction_) throw Error(ErrorKind::misuse, "no replica transaction is open");
  check_page(number, image);
  if (number == kLockBytePage) return;
  write_held(0);
  held_page_ = number;
  std::ranges::copy(image, held_image_.begin());
  transaction_->held = true;
}

void WalWriter::write_held(std::uint32_t size_after) {
  Transaction& transaction = *transaction_;
  if (!transaction.held) return;
  IndexHeader& header = transaction.header;
  if (header.frames == 0) start_log(transaction);
  const LogFile log(transaction.log);
  const std::int64_t at = frame_offset(header.frames + 1);
  // In two parts, as SQLite does it: the encrypting file knows a frame by them.
  log.write(make_frame_header(held_page_, size_after, held_image_, &header.chain), at);
  log.write(held_image_, at + static_cast<std::int64_t>(kFrameHeaderBytes));
  ++header.frames;
  if (publication_ == Publication::direct) index_->add(header.frames, held_page_);
  transaction.held = false;
}

LogState WalWriter::commit(std::uint32_t pages, Durability durability) {
  if (!transaction_) throw Error(ErrorKind::misuse, "no replica transaction is open");
  if (!transaction_->held || pages == 0) {
    throw Error(ErrorKind::misuse, "a commit of a replica needs at least one page");
  }
  try {
    write_held(pages);
    IndexHeader& header = transaction_->header;
    // The encrypting file has checksums of its own.
    FrameHeader last{};
    const LogFile log(transaction_->log);
    if (!log.read(last, frame_offset(header.frames))) throw unfitting();
    header.chain.sums = read_frame_header(last).sums;
    if (durability == Durability::synced) log.sync();
    header.pages = pages;
    ++header.changes;
    if (publication_ == Publication::direct) {
      index_->publish(header);
    } else {
      index_->invalidate();
    }
  } catch (...) {
    abandon();
    throw;
  }
  const LogState state = state_of(transaction_->header);
  frames_ = state.frames;
  transaction_.reset();
  // COMMIT, never ROLLBACK, after which SQLite would keep its cached pages.
  usable_ = run_commit();
  if (publication_ == Publication::rebuild && usable_) {
    // Builds the index, which otherwise the next reader does. The commit has happened.
    constexpr const char* kRead = "SELECT count(*) FROM sqlite_schema";
    usable_ = sqlite3_exec(db_.get(), kRead, nullptr, nullptr, nullptr) == SQLITE_OK;
  }
  return state;
}

bool WalWriter::run_commit() noexcept {
  if (sqlite3_get_autocommit(db_.get()) != 0) return true;
  return sqlite3_exec(db_.get(), "COMMIT", nullptr, nullptr, nullptr) == SQLITE_OK;
}

void WalWriter::abandon() noexcept {
  if (!transaction_) return;
  transaction_.reset();
  usable_ = run_commit();
}

void WalWriter::sync() { LogFile(file_of(db_.get(), SQLITE_FCNTL_JOURNAL_POINTER)).sync(); }

CheckpointResult WalWriter::checkpoint(int mode) {
  const local::Upkeep upkeep(queue_);
  int log_frames = -1;
  int moved = -1;
  // SQLite does nothing for a connection that has not read.
  local::run_for_text(db_.get(), "SELECT count(*) FROM sqlite_schema");
  const int rc = sqlite3_wal_checkpoint_v2(db_.get(), "main", mode, &log_frames, &moved);
  if (rc != SQLITE_OK && rc != SQLITE_BUSY) throw local::from_sqlite(db_.get(), rc);
  return {rc == SQLITE_BUSY, log_frames, moved};
}

CheckpointResult WalWriter::truncate_log() {
  sqlite3_busy_timeout(db_.get(), static_cast<int>(kTruncationAttempt.count()));
  CheckpointResult result{};
  try {
    result = checkpoint(SQLITE_CHECKPOINT_TRUNCATE);
  } catch (...) {
    sqlite3_busy_timeout(db_.get(), static_cast<int>(kBusyTimeout.count()));
    throw;
  }
  sqlite3_busy_timeout(db_.get(), static_cast<int>(kBusyTimeout.count()));
  if (!result.busy) frames_ = 0;
  return result;
}

bool WalWriter::checkpoint_if_due(const CheckpointPolicy& policy) {
  if (frames_ < policy.frames) return false;
  const bool overgrown = frames_ >= policy.overgrown;
  const CheckpointResult moved = checkpoint(SQLITE_CHECKPOINT_PASSIVE);
  const bool all = moved.log_frames == moved.checkpointed_frames;
  if (!all && !overgrown) return false;
  const auto give_up = std::chrono::steady_clock::now() +
                       (overgrown ? policy.patience : std::chrono::milliseconds(0));
  while (truncate_log().busy) {
    if (std::chrono::steady_clock::now() >= give_up) return all;
  }
  return true;
}

}  // namespace libsql::replica
