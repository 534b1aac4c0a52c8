// The database as a whole: backups and images of it.
#include <algorithm>
#include <cstring>
#include <thread>

#include "core/file_error.h"
#include "local/location.h"
#include "local/session.h"
#include "local/vector_definition.h"

namespace libsql::local {

namespace {

constexpr std::chrono::milliseconds kPause{5};
// Where the file header says which versions of the format may write and read it: 2 is WAL, which an
// image in memory cannot have. Source: sqlite.org/fileformat2.html#file_format_version_numbers
constexpr std::size_t kFormatVersions = 18;

// Opens an image in place, to check that it is a database before it replaces one.
void check_image(unsigned char* image, sqlite3_int64 size) {
  sqlite3* raw = nullptr;
  const int opened = sqlite3_open_v2(":memory:", &raw, SQLITE_OPEN_READWRITE, nullptr);
  const DbHandle scratch(raw);
  check(raw, opened);
  check(raw, sqlite3_deserialize(raw, "main", image, size, size, SQLITE_DESERIALIZE_READONLY));
  run_for_text(raw, "SELECT count(*) FROM sqlite_schema");
}

// `flags`: SQLITE_SERIALIZE_NOCOPY for a database of the memdb VFS, whose memory is the image.
std::string image_of(sqlite3* db, const char* database, unsigned flags) {
  sqlite3_int64 size = 0;
  unsigned char* const image = sqlite3_serialize(db, database, &size, flags);
  const std::unique_ptr<unsigned char, SqliteFree> owned(flags == 0 ? image : nullptr);
  if (image != nullptr) {
    return {reinterpret_cast<const char*>(image), static_cast<std::size_t>(size)};
  }
  if (size == 0) return {};
  const int rc = sqlite3_errcode(db);
  const bool known = rc != SQLITE_OK && rc != SQLITE_ROW && rc != SQLITE_DONE;
  throw known ? from_sqlite(db, rc) : error_for_code(SQLITE_NOMEM);
}

}  // namespace

DbHandle LocalSession::open_copy(const std::string& path, int flags, const KeyChoice& key) {
  const Opening opening = keys_.other(without_shared_cache(path), key);
  DbHandle other;
  try {
    other = open_file(opening.location, flags, opening.vfs);
  } catch (const Error& error) {
    throw core::with_file_name(core::with_path(error, opening.location, path), path);
  }
  sqlite3_busy_timeout(other.get(), static_cast<int>(busy_timeout().count()));
  if (keys_.any()) keep_temporary_files_in_memory(other.get());
  keys_.reserve(other.get(), "main", key);
  return other;
}

std::string LocalSession::copy_location(const std::string& path, const KeyChoice& key) {
  std::string location = keys_.uri(without_shared_cache(path), key);
  // VACUUM sorts the entries of indexes.
  if (keys_.any()) keep_temporary_files_in_memory(db());
  // It gives the copy as much room at the end of its pages as was last asked for.
  keys_.reserve(db(), "main", key);
  return location;
}

bool LocalSession::ask(const BackupProgress& progress, sqlite3_backup* backup) {
  const Cancellation::CallbackScope scope(*cancellation_);
  return progress(sqlite3_backup_remaining(backup), sqlite3_backup_pagecount(backup));
}

void LocalSession::copy_pages(sqlite3* to, Source from, const BackupProgress& progress, int pages) {
  if (pages == 0)
    throw Error(ErrorKind::invalid_argument, "a backup step must copy at least a page");
  const Upkeep upkeep(queue_);
  const BackupHandle backup(sqlite3_backup_init(to, "main", from.db, from.name));
  if (!backup) throw from_sqlite(to, sqlite3_errcode(to));
  const auto patience = busy_timeout();
  auto give_up = std::chrono::steady_clock::now() + patience;
  for (int rc = SQLITE_OK; rc != SQLITE_DONE;) {
    rc = sqlite3_backup_step(backup.get(), pages);
    const bool busy = rc == SQLITE_BUSY || rc == SQLITE_LOCKED;
    if (rc != SQLITE_OK && rc != SQLITE_DONE && !busy) throw error_for_code(rc);
    if (busy && std::chrono::steady_clock::now() >= give_up) throw error_for_code(rc);
    if (busy) {
      std::this_thread::sleep_for(kPause);
      continue;
    }
    give_up = std::chrono::steady_clock::now() + patience;
    const bool go_on = !progress || ask(progress, backup.get());
    if (const auto& failure = cancellation_->failure()) throw Error(*failure);
    if (!go_on || cancellation_->stop_requested()) throw error_for_code(SQLITE_INTERRUPT);
  }
}

void LocalSession::backup_to(const std::string& path, const BackupProgress& progress, int pages,
                             const KeyChoice& key) {
  cancellation_->start(running_ == 0, Cancellation::Stop::on_request);
  if (sqlite3_txn_state(db(), "main") == SQLITE_TXN_WRITE) {
    throw Error(ErrorKind::misuse, "cannot back up within a transaction that has written");
  }
  const DbHandle target = open_copy(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, key);
  try {
    copy_pages(target.get(), {db(), "main"}, progress, pages);
  } catch (const Error& error) {
    throw core::with_copy_name(error, path);
  }
}

void LocalSession::restore_from(const std::string& path, const BackupProgress& progress, int pages,
                                const KeyChoice& key) {
  db();
  if (in_transaction_) throw Error(ErrorKind::misuse, "cannot restore within a transaction");
  const DbHandle source = open_copy(path, SQLITE_OPEN_READONLY, key);
  try {
    run_for_text(source.get(), "SELECT count(*) FROM sqlite_schema");
  } catch (const Error& error) {
    throw core::with_file_name(error, path);
  }
  cancellation_->start(running_ == 0, Cancellation::Stop::on_request);
  acquire_write({});
  try {
    copy_pages(db(), {source.get(), "main"}, progress, pages);
  } catch (const std::exception&) {
    end_turn();
    throw;
  }
  end_turn();
  refresh_settings();
  take_over_libsql_indexes(*this);
}

std::string LocalSession::image_of_copy(const std::string& database) {
  sqlite3* raw = nullptr;
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  const int rc = sqlite3_open_v2("image", &raw, kFlags, "memdb");
  const DbHandle copy(raw);
  check(raw, rc);
  constexpr int kAllPages = -1;
  copy_pages(raw, {db(), database.c_str()}, {}, kAllPages);
  return image_of(raw, "main", SQLITE_SERIALIZE_NOCOPY);
}

std::string LocalSession::serialise(std::string_view database) {
  sqlite3* const handle = db();
  const std::string name(database);
  if (sqlite3_db_filename(handle, name.c_str()) == nullptr) {
    throw Error(ErrorKind::error, "unknown database " + name, SQLITE_ERROR);
  }
  cancellation_->start(running_ == 0, Cancellation::Stop::on_request);
  // Where sqlite3_serialize() cannot read a page it writes zeros, while a backup fails. So the
  // image is one of a backup, except in memory and within a transaction that has written, which a
  // backup cannot copy.
  const bool copies = !is_in_memory(handle, name.c_str()) &&
                      sqlite3_txn_state(handle, name.c_str()) != SQLITE_TXN_WRITE;
  std::string image = copies ? image_of_copy(name) : std::string();
  return image.empty() ? image_of(handle, name.c_str(), 0) : image;
}

void LocalSession::deserialise(std::string_view image, std::string_view database) {
  sqlite3* handle = db();
  if (in_transaction_) throw Error(ErrorKind::misuse, "cannot deserialise within a transaction");
  constexpr std::string_view kMagic{"SQLite format 3\0", 16};
  if (!image.empty() && !image.starts_with(kMagic)) throw error_for_code(SQLITE_NOTADB);
  const std::string name(database);
  std::unique_ptr<unsigned char, SqliteFree> copy(
      static_cast<unsigned char*>(sqlite3_malloc64(std::max<std::size_t>(image.size(), 1))));
  if (!copy) throw error_for_code(SQLITE_NOMEM);
  if (!image.empty()) std::memcpy(copy.get(), image.data(), image.size());
  for (const std::size_t at : {kFormatVersions, kFormatVersions + 1}) {
    if (image.size() > at && copy.get()[at] == 2) copy.get()[at] = 1;
  }
  const auto size = static_cast<sqlite3_int64>(image.size());
  if (size > 0) check_image(copy.get(), size);
  // SQLITE_DESERIALIZE_FREEONCLOSE: SQLite frees the copy from here on, also when this fails.
  const int rc =
      sqlite3_deserialize(handle, name.c_str(), copy.release(), size, size,
                          SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE);
  if (rc != SQLITE_OK) throw from_sqlite(handle, rc);
  refresh_settings();
  join_queue();
  run_for_text(handle, "SELECT count(*) FROM " + quote_identifier(name) + ".sqlite_schema");
  take_over_libsql_indexes(*this);
}

}  // namespace libsql::local
