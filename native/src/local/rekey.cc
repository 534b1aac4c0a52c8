#include "local/rekey.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "core/file_error.h"
#include "encryption/aes256gcm.h"
#include "local/keys.h"
#include "local/location.h"
#include "local/sqlite.h"

namespace libsql::local {

namespace {

using Progress = std::function<bool(int, int)>;

constexpr const char* kSuffix = "-rekey";
constexpr std::size_t kHeaderBytes = 100;
constexpr int kPagesPerStep = 256;

[[noreturn]] void fail(const char* what, const std::string& path) {
  const int code = errno;
  throw core::with_file_name(
      Error(code == ENOSPC ? ErrorKind::full : ErrorKind::io,
            std::string(what) + ": " + std::generic_category().message(code), SQLITE_IOERR),
      path);
}

// A file or folder, opened apart from SQLite.
class Descriptor {
 public:
  Descriptor(const std::string& path, int flags)
      : path_(path), number_(::open(path.c_str(), flags | O_CLOEXEC)) {
    if (number_ < 0) fail("cannot open", path);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { ::close(number_); }

  void sync() const {
    if (::fsync(number_) != 0) fail("cannot sync", path_);
  }
  [[nodiscard]] struct stat status() const {
    struct stat found {};
    if (::fstat(number_, &found) != 0) fail("cannot look at", path_);
    return found;
  }
  void set_owner_and_mode(const struct stat& like) const {
    constexpr mode_t kMode = 07777;
    const struct stat mine = status();
    const bool same_owner = mine.st_uid == like.st_uid && mine.st_gid == like.st_gid;
    if (!same_owner && ::fchown(number_, like.st_uid, like.st_gid) != 0) {
      fail("cannot give the copy the file's owner", path_);
    }
    if (::fchmod(number_, like.st_mode & kMode) != 0) fail("cannot set the mode", path_);
  }
  // Best effort: the file has no name any more.
  void overwrite_header() const noexcept {
    constexpr std::array<char, kHeaderBytes> kZeros{};
    static_cast<void>(::pwrite(number_, kZeros.data(), kZeros.size(), 0) > 0 && ::fsync(number_));
  }

 private:
  std::string path_;
  int number_;
};

// Descriptors of this process that lead to the file. SQLite shows no lock of a connection that is
// idle in a rollback journal's mode.
int open_descriptors(const struct stat& file) {
  int found = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/dev/fd")) {
    struct stat other {};
    const int number = std::atoi(entry.path().filename().c_str());
    if (::fstat(number, &other) != 0) continue;
    if (other.st_dev == file.st_dev && other.st_ino == file.st_ino) ++found;
  }
  return found;
}

// Throws if anything but the one connection has the file open in this process, attached or not.
// Opens no descriptor of the file: its end would release the locks of the others.
void refuse_other_users(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) fail("cannot look at", path);
  if (open_descriptors(status) <= 1) return;
  throw core::with_file_name(
      Error(ErrorKind::busy,
            "database is locked: its key can change only while nothing else in this process has "
            "it open",
            SQLITE_BUSY),
      path);
}

void sync_folder_of(const std::string& path) {
  Descriptor(std::filesystem::path(path).parent_path().string(), O_RDONLY | O_DIRECTORY).sync();
}

// Removes a copy that has not become the file.
class TemporaryCopy {
 public:
  explicit TemporaryCopy(std::string path) : path_(std::move(path)) { remove(); }
  TemporaryCopy(const TemporaryCopy&) = delete;
  TemporaryCopy& operator=(const TemporaryCopy&) = delete;
  ~TemporaryCopy() { remove(); }

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  void remove() const noexcept {
    for (const char* suffix : {"", "-journal", "-wal", "-shm"}) {
      std::error_code ignored;
      std::filesystem::remove(path_ + suffix, ignored);
    }
  }
  std::string path_;
};

// The only connection to the database, until it is closed.
DbHandle open_alone(const Keys& keys, const Options& options) {
  DbHandle db = open_file(keys.main().location, SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE,
                          keys.main().vfs);
  sqlite3_busy_timeout(db.get(), static_cast<int>(options.busy_timeout.count()));
  if (keys.any()) keep_temporary_files_in_memory(db.get());
  run_for_text(db.get(), "SELECT count(*) FROM sqlite_schema");
  return db;
}

// Leaves WAL mode, which needs that nobody else is there, and takes the lock that keeps others out.
bool lock_whole(sqlite3* db) {
  try {
    const bool wal = run_for_text(db, "PRAGMA journal_mode") == "wal";
    if (wal) run_for_text(db, "PRAGMA journal_mode = DELETE");
    run_for_text(db, "PRAGMA locking_mode = EXCLUSIVE");
    run_for_text(db, "BEGIN EXCLUSIVE");
    run_for_text(db, "COMMIT");
    return wal;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::busy && error.kind() != ErrorKind::locked) throw;
    throw Error(ErrorKind::busy,
                "database is locked: its key can change only while no other connection has it open",
                error.extended_code());
  }
}

void copy_pages(sqlite3* to, sqlite3* from, const Progress& progress) {
  const BackupHandle backup(sqlite3_backup_init(to, "main", from, "main"));
  if (!backup) throw from_sqlite(to, sqlite3_errcode(to));
  for (int rc = SQLITE_OK; rc != SQLITE_DONE;) {
    rc = sqlite3_backup_step(backup.get(), kPagesPerStep);
    if (rc != SQLITE_OK && rc != SQLITE_DONE) throw error_for_code(rc);
    const bool go_on = !progress || progress(sqlite3_backup_remaining(backup.get()),
                                             sqlite3_backup_pagecount(backup.get()));
    if (!go_on) throw error_for_code(SQLITE_INTERRUPT);
  }
}

bool has_room(sqlite3* db, const KeyChoice& key) {
  const auto* encryption = std::get_if<Encryption>(&key);
  if (encryption == nullptr || encryption->cipher != Cipher::aes256gcm) return true;
  int bytes = -1;  // asks
  check(db, sqlite3_file_control(db, "main", SQLITE_FCNTL_RESERVE_BYTES, &bytes));
  return bytes >= static_cast<int>(encryption::kGcmReserved);
}

// Page by page; through VACUUM when the pages have no room for the cipher's tags.
void write_copy(sqlite3* db, Keys& keys, const std::string& path, const KeyChoice& key,
                const Progress& progress) {
  if (!has_room(db, key)) {
    const std::string location = keys.uri(path, key);
    keep_temporary_files_in_memory(db);
    keys.reserve(db, "main", key);
    const StmtHandle vacuum = compile(db, "VACUUM INTO ?");
    sqlite3_bind_text64(vacuum.get(), 1, location.data(), location.size(), SQLITE_STATIC,
                        SQLITE_UTF8);
    const int rc = sqlite3_step(vacuum.get());
    if (rc != SQLITE_DONE) throw core::with_path(from_sqlite(db, rc), location, path);
    return;
  }
  const Opening opening = keys.other(path, key);
  const DbHandle copy =
      open_file(opening.location, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, opening.vfs);
  // Nobody needs a copy that is not finished, so there is nothing to roll back.
  run_for_text(copy.get(), "PRAGMA journal_mode = OFF");
  run_for_text(copy.get(), "PRAGMA synchronous = OFF");
  keys.reserve(copy.get(), "main", key);
  copy_pages(copy.get(), db, progress);
}

// Reads it as its next user will, and gives it the journal mode that the file had.
void finish_copy(Keys& keys, const std::string& path, const KeyChoice& key, bool wal) {
  const Opening opening = keys.other(path, key);
  const DbHandle copy = open_file(opening.location, SQLITE_OPEN_READWRITE, opening.vfs);
  if (keys.any()) keep_temporary_files_in_memory(copy.get());
  run_for_text(copy.get(), "SELECT count(*) FROM sqlite_schema");
  if (wal) run_for_text(copy.get(), "PRAGMA journal_mode = WAL");
}

std::string path_of(sqlite3* db) {
  const char* const name = sqlite3_db_filename(db, "main");
  if (name == nullptr || *name == '\0' || is_in_memory(db)) {
    throw Error(ErrorKind::invalid_argument, "a database in memory has no key");
  }
  return std::filesystem::canonical(name).string();
}

}  // namespace

void rekey(const std::string& location, const Options& options, const KeyChoice& key,
           const Progress& progress) {
  if (!uri_parameter(location, "vfs").empty()) {
    throw Error(ErrorKind::invalid_argument,
                "the key of a database behind a VFS of its own cannot change");
  }
  Keys keys(location, options.encryption);
  const DbHandle db = open_alone(keys, options);
  const std::string path = path_of(db.get());
  const bool wal = lock_whole(db.get());
  // Who opens the file from here on waits for the lock, and then finds that it has no header.
  refuse_other_users(path);
  // Its end may release SQLite's locks, which are the process's: it comes after all that needs
  // them.
  const Descriptor old_file(path, O_RDWR);
  const struct stat status = old_file.status();
  if (status.st_nlink > 1) {
    throw Error(ErrorKind::invalid_argument,
                "the file has several hard links, of which only one would get the new key");
  }
  const TemporaryCopy copy(path + kSuffix);
  write_copy(db.get(), keys, copy.path(), key, progress);
  finish_copy(keys, copy.path(), key, wal);
  {
    const Descriptor written(copy.path(), O_RDONLY);
    written.set_owner_and_mode(status);
    written.sync();
  }
  // A log or journal of the old key that has been removed must not come back to the new file.
  sync_folder_of(path);
  if (::rename(copy.path().c_str(), path.c_str()) != 0) fail("cannot rename the copy", path);
  sync_folder_of(path);
  old_file.overwrite_header();
}

}  // namespace libsql::local
