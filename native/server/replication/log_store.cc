#include "server/replication/log_store.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "core/big_endian.h"
#include "server/replication/base_snapshot.h"

namespace libsql::server::replication {
namespace {

std::string log_name(const std::string& database) { return database + "-replication-log"; }
std::string snapshot_name(const std::string& database) {
  return database + "-replication-snapshot";
}

std::array<char, 40> this_boot() {
  std::array<char, 40> boot{};
  const std::string id = replica::boot_id();
  std::copy_n(id.begin(), std::min(id.size(), boot.size()), boot.begin());
  return boot;
}

// Everything that the record names was written by this start of the machine, or brought to the
// disk.
bool survived(const FrameRecord& record) {
  return record.closed != 0 || (record.boot_id == this_boot() && record.boot_id.front() != '\0');
}

// By chance, so that a client of another log is not taken for one of this.
std::uint32_t first_generation(const LogId& log) noexcept {
  constexpr std::uint32_t kRoom = 0x3FFFFFFF;  // All numbers that follow are positive in 32 bits.
  return (core::load_be32(log.data()) & kRoom) + 1;
}

FileStamp stamp_of(const std::string& database) {
  const auto time = std::filesystem::last_write_time(database).time_since_epoch().count();
  return {std::filesystem::file_size(database), time};
}

// The write-ahead log still has the frame that was read last, so it has all that followed. If there
// was none, all pages were in the file, which nobody has changed.
bool goes_on(const FrameRecord& record, const std::string& database, WalTap& tap) {
  const TapPosition& position = record.tap;
  const replica::IndexHeader header = tap.newest();
  if (position.frames == 0) return record.file == stamp_of(database);
  if (header.chain.salt != position.salt) return false;
  if (header.frames == position.frames) return header.chain.sums == position.sums;
  bool same = false;
  return header.frames > position.frames &&
         tap.read_log(position.frames, position.frames, position.salt,
                      [&](ConstBytes frame) {
                        replica::FrameHeader head{};
                        std::copy_n(frame.begin(), head.size(), head.begin());
                        same = replica::read_frame_header(head).sums == position.sums;
                      }) &&
         same;
}

}  // namespace

bool LogStore::exists(const std::string& database) {
  std::error_code error;
  return std::filesystem::exists(log_name(database), error);
}

std::unique_ptr<LogStore> LogStore::begin(const std::string& database, WalTap& tap,
                                          const std::atomic<bool>& stopping) {
  std::unique_ptr<LogStore> store(new LogStore(database));
  store->snapshot_ = FrameFile::create(snapshot_name(database));
  FrameRecord record = write_base_snapshot(*store->snapshot_, tap, stopping);
  record.log_id = random_id();
  record.generation = first_generation(record.log_id);
  store->snapshot_->write_record(record);
  store->begin_log(record);
  return store;
}

std::unique_ptr<LogStore> LogStore::resume(const std::string& database, WalTap& tap) {
  std::unique_ptr<LogStore> store(new LogStore(database));
  store->log_ = FrameFile::open(log_name(database));
  store->snapshot_ = FrameFile::open(snapshot_name(database));
  if (!store->log_ || !store->snapshot_) return nullptr;
  const auto record = store->log_->read_record();
  const auto snapshot = store->snapshot_->read_record();
  if (!record || !snapshot || record->log_id != snapshot->log_id ||
      record->first != snapshot->first + 1 || !survived(*record) ||
      !goes_on(*record, database, tap)) {
    return nullptr;
  }
  store->record_ = *record;
  store->record_.closed = 0;
  store->record_.boot_id = this_boot();
  store->snapshot_record_ = *snapshot;
  store->log_->write_record(store->record_);
  return store;
}

void LogStore::begin_log(const FrameRecord& snapshot) {
  snapshot_record_ = snapshot;
  record_ = snapshot;
  record_.first = snapshot.first + 1;
  record_.count = 0;
  record_.closed = 0;
  record_.boot_id = this_boot();
  if (record_.tap.frames == 0) record_.file = stamp_of(database_);
  log_ = FrameFile::create(log_name(database_));
  log_->write_record(record_);
  appended_ = 0;
}

LogView LogStore::view() const {
  LogView view;
  view.id = record_.log_id;
  view.pages = record_.pages;
  view.generation = record_.generation;
  view.log = log_;
  view.first = record_.first;
  view.end = record_.first + record_.count;
  view.snapshot = snapshot_;
  view.snapshot_frames = snapshot_record_.count;
  view.snapshot_pages = snapshot_record_.pages;
  view.before = before_;
  view.frames_before = record_.frames_before;
  return view;
}

void LogStore::append(Bytes frames) {
  const std::uint64_t index = record_.count + appended_;
  std::uint64_t number = record_.first + index;
  for (std::size_t at = 0; at < frames.size(); at += kFrameBytes) {
    unsigned char* const frame = frames.data() + at;
    write_frame_head(frame, {number++, core::load_be32(frame), core::load_be32(frame + 4)});
  }
  log_->write(index, frames);
  appended_ += frames.size() / kFrameBytes;
}

void LogStore::commit(const TapPosition& position, std::uint32_t pages) {
  FrameRecord next = record_;
  next.count += appended_;
  next.pages = pages;
  next.tap = position;
  if (position.frames == 0) next.file = stamp_of(database_);
  log_->write_record(next);
  record_ = next;
  appended_ = 0;
}

void LogStore::compact(EndedGeneration ended, const std::atomic<bool>& stopping) {
  LogView all = view();
  const std::filesystem::path made = snapshot_name(database_) + ".new";
  const std::shared_ptr<FrameFile> file = FrameFile::create(made);
  FrameRecord record = record_;
  record.first = all.head();
  record.count = 0;
  record.generation = record_.generation + 1;
  record.frames_before = record_.count;
  NewestPages pages(all, 0);
  std::vector<unsigned char> frames;
  while (!stopping && pages.next(frames)) {
    file->write(record.count, frames);
    record.count += frames.size() / kFrameBytes;
    frames.clear();
  }
  if (stopping) {
    std::filesystem::remove(made);
    return;
  }
  file->write_record(record);
  // In between the old log does not belong to the snapshot: a process that finds them begins anew.
  std::filesystem::rename(made, snapshot_name(database_));
  snapshot_ = file;
  begin_log(record);
  all.before.reset();
  if (ended == EndedGeneration::kept) before_ = std::make_shared<const LogView>(std::move(all));
}

void LogStore::close() {
  snapshot_->sync();
  log_->sync();
  record_.closed = 1;
  log_->write_record(record_);
  log_->sync();
}

}  // namespace libsql::server::replication
