#include "server/replication/wal_tap.h"

#include <algorithm>
#include <thread>
#include <vector>

#include "libsql/error.h"
#include "replica/log_file.h"
#include "replica/wal_format.h"

namespace libsql::server::replication {
namespace {

constexpr int kBusyMilliseconds = 5000;
// How often the index is looked at while a writer changes it.
constexpr int kMostLooks = 10'000;

local::DbHandle open(const std::string& path) {
  local::DbHandle db = local::open_file(path, SQLITE_OPEN_READWRITE);
  sqlite3_busy_timeout(db.get(), kBusyMilliseconds);
  sqlite3_wal_autocheckpoint(db.get(), 0);
  // The log stays: what of it has been read is how the next start knows that nothing is missing.
  local::check(db.get(), sqlite3_db_config(db.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr));
  const std::string mode = local::run_for_text(db.get(), "PRAGMA journal_mode");
  const std::string size = local::run_for_text(db.get(), "PRAGMA page_size");
  if (mode == "wal" && size == "4096") return db;
  throw Error(ErrorKind::unsupported,
              "only databases with pages of 4096 bytes in journal_mode wal can be replicated: " +
                  path + " has pages of " + size + " bytes in journal_mode " + mode);
}

sqlite3_file* main_file(sqlite3* db) {
  sqlite3_file* file = nullptr;
  local::check(db, sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file));
  return file;
}

}  // namespace

// Reading the schema's version begins a read transaction without a look at the schema.
WalTap::WalTap(const std::string& path)
    : db_(open(path)),
      begin_(local::compile(db_.get(), "BEGIN")),
      look_(local::compile(db_.get(), "PRAGMA schema_version")),
      commit_(local::compile(db_.get(), "COMMIT")),
      index_(main_file(db_.get())) {
  run(begin_.get());
  run(look_.get());
}

void WalTap::run(sqlite3_stmt* statement) {
  while (sqlite3_step(statement) == SQLITE_ROW) {
  }
  local::check(db_.get(), sqlite3_reset(statement));
}

void WalTap::follow() {
  if (sqlite3_get_autocommit(db_.get()) == 0) run(commit_.get());
  run(begin_.get());
  run(look_.get());
}

void WalTap::checkpoint() {
  run(commit_.get());
  const int rc =
      sqlite3_wal_checkpoint_v2(db_.get(), "main", SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (rc != SQLITE_OK && rc != SQLITE_BUSY) throw local::from_sqlite(db_.get(), rc);
  run(begin_.get());
  run(look_.get());
}

replica::IndexHeader WalTap::newest() {
  for (int look = 0; look < kMostLooks; ++look) {
    if (const auto header = index_.read()) return *header;
    std::this_thread::yield();
  }
  throw local::error_for_code(SQLITE_BUSY);
}

bool WalTap::read_log(std::uint32_t first, std::uint32_t last, const replica::Salt& salt,
                      const Frames& frames) {
  sqlite3_file* pointer = nullptr;
  local::check(db_.get(), sqlite3_file_control(db_.get(), "main", SQLITE_FCNTL_JOURNAL_POINTER,
                                               static_cast<void*>(&pointer)));
  const replica::LogFile log(pointer);
  std::vector<unsigned char> bytes;
  while (first <= last) {
    const std::uint32_t count = std::min<std::uint32_t>(last - first + 1, kFramesAtOnce);
    bytes.resize(count * kFrameBytes);
    if (!log.read(bytes, replica::frame_offset(first))) return false;
    // The salts change before the first frame of a new log is written.
    if (newest().chain.salt != salt) return false;
    frames(bytes);
    first += count;
  }
  return true;
}

std::uint32_t WalTap::file_pages() {
  sqlite3_file* const file = main_file(db_.get());
  sqlite3_int64 size = 0;
  local::check(db_.get(), file->pMethods->xFileSize(file, &size));
  return static_cast<std::uint32_t>(size / static_cast<sqlite3_int64>(kPageSize));
}

void WalTap::read_file(std::uint32_t number, Bytes pages) {
  sqlite3_file* const file = main_file(db_.get());
  const auto at = (static_cast<sqlite3_int64>(number) - 1) * static_cast<sqlite3_int64>(kPageSize);
  local::check(db_.get(),
               file->pMethods->xRead(file, pages.data(), static_cast<int>(pages.size()), at));
}

}  // namespace libsql::server::replication
