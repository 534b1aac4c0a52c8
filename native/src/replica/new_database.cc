#include "replica/new_database.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

#include "libsql/error.h"
#include "replica/database.h"

namespace libsql::replica {

namespace {

constexpr std::array<const char*, 4> kSuffixes = {"", "-wal", "-shm", "-journal"};

void require(int rc) {
  if (rc != SQLITE_OK) throw local::error_for_code(rc);
}

std::filesystem::path with_suffix(const std::filesystem::path& file, const char* suffix) {
  return file.string() + suffix;
}

sqlite3_file* file_of(sqlite3* db) {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, static_cast<void*>(&file));
  if (file == nullptr || file->pMethods == nullptr) throw local::error_for_code(SQLITE_CANTOPEN);
  return file;
}

std::filesystem::path temporary_of(const std::filesystem::path& file) {
  return file.string() + "-replica.new.db";
}

FileIdentity need_identity(const std::filesystem::path& file) {
  const auto identity = identity_of(file);
  if (!identity) throw local::error_for_code(SQLITE_CANTOPEN);
  return *identity;
}

void take_name(const std::filesystem::path& temporary, const std::filesystem::path& file) {
  if (::rename(temporary.c_str(), file.c_str()) != 0) throw_system_error("rename", temporary);
  sync_folder(folder_of(file));
}

}  // namespace

void remove_database(const std::filesystem::path& file) {
  for (const char* suffix : kSuffixes) {
    std::error_code failed;
    std::filesystem::remove(with_suffix(file, suffix), failed);
    if (!failed) continue;
    errno = failed.value();
    throw_system_error("remove", with_suffix(file, suffix));
  }
}

std::filesystem::path libsql_position_path(const std::filesystem::path& file) {
  return file.string() + "-client_wal_index";
}

// The log goes first and comes last: a database never meets a log that is not its own.
void rename_database(const std::filesystem::path& from, const std::filesystem::path& to) {
  remove_database(to);
  for (const char* suffix : {"-shm", "-wal", "-journal", ""}) {
    if (::rename(with_suffix(from, suffix).c_str(), with_suffix(to, suffix).c_str()) != 0 &&
        errno != ENOENT) {
      throw_system_error("rename", with_suffix(from, suffix));
    }
  }
}

NewDatabase::NewDatabase(const std::filesystem::path& file,
                         const std::optional<Encryption>& encryption)
    : file_(file), temporary_(temporary_of(file)), keys_(temporary_.string(), encryption) {
  remove_database(temporary_);
  constexpr int kFlags =
      SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  db_ = local::open_file(keys_.main().location, kFlags, keys_.main().vfs);
  pages_ = file_of(db_.get());
}

NewDatabase::~NewDatabase() {
  db_.reset();
  for (const char* suffix : kSuffixes) {
    std::error_code ignored;
    std::filesystem::remove(with_suffix(temporary_, suffix), ignored);
  }
}

void NewDatabase::add(PageNumber number, ConstBytes image) {
  check_page(number, image);
  if (number == kLockBytePage) return;
  const sqlite3_int64 at = (sqlite3_int64{number} - 1) * static_cast<sqlite3_int64>(kPageSize);
  require(pages_->pMethods->xWrite(pages_, image.data(), static_cast<int>(image.size()), at));
  arrived_.add(number);
}

void NewDatabase::finish(std::uint32_t pages) {
  if (pages == 0) throw Error(ErrorKind::corrupt, "the primary sent a database without pages");
  arrived_.require_all(pages);
  // Several transactions may have made the database smaller since.
  require(pages_->pMethods->xTruncate(
      pages_, sqlite3_int64{pages} * static_cast<sqlite3_int64>(kPageSize)));
  require(pages_->pMethods->xSync(pages_, SQLITE_SYNC_NORMAL));
  // SQLite has not looked at the file of this connection yet.
  pages_ = nullptr;
  db_.reset();
  const local::DbHandle db = open_database(keys_);
  const std::string fault = local::run_for_text(db.get(), "PRAGMA quick_check(1)");
  if (fault != "ok") {
    throw Error(ErrorKind::corrupt, "the primary sent a damaged database: " + fault);
  }
}

FileIdentity NewDatabase::identity() const { return need_identity(temporary_); }

void NewDatabase::make_empty(const std::filesystem::path& file,
                             const std::optional<Encryption>& encryption,
                             const std::function<void(const FileIdentity&)>& known) {
  const std::filesystem::path temporary = temporary_of(file);
  remove_database(temporary);
  create_placeholder(local::Keys(temporary.string(), encryption));
  sync_file(temporary);
  known(need_identity(temporary));
  take_name(temporary, file);
}

void NewDatabase::install() {
  const std::filesystem::path kept = file_.string() + ".replaced";
  const auto there = identity_of(file_);
  if (there && there->size > 0) {
    rename_database(file_, kept);
  } else {
    remove_database(file_);
  }
  // It would take the new database for its own.
  const std::filesystem::path libsqls = libsql_position_path(file_);
  if (::rename(libsqls.c_str(), libsql_position_path(kept).c_str()) != 0 && errno != ENOENT) {
    throw_system_error("rename", libsqls);
  }
  take_name(temporary_, file_);
}

}  // namespace libsql::replica
