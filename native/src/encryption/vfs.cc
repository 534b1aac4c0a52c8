// Source: sqlite.org/c3ref/vfs.html, sqlite.org/c3ref/io_methods.html
#include "encryption/vfs.h"

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "core/mutex.h"
#include "encryption/guard_vfs.h"
#include "encryption/hot_journal.h"
#include "encryption/journal_file.h"
#include "encryption/main_file.h"
#include "encryption/wal_file.h"
#include "libsql/error.h"

namespace libsql::encryption {

namespace {

// SQLite hands out memory of szOsFile bytes; the real file lies behind our head.
struct File {
  sqlite3_file base;
  std::unique_ptr<EncryptedFile> encrypted;
  std::shared_ptr<EncryptedVfs> vfs;
  sqlite3_file* real() noexcept { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File* self(sqlite3_file* file) noexcept { return reinterpret_cast<File*>(file); }
sqlite3_file* real(sqlite3_file* file) noexcept { return self(file)->real(); }
EncryptedFile& encrypted(sqlite3_file* file) noexcept { return *self(file)->encrypted; }

// No exception may pass through SQLite.
template <typename Call>
int code_of(int failure, Call&& call) noexcept {
  try {
    return call();
  } catch (const std::bad_alloc&) {
    return SQLITE_NOMEM;
  } catch (const std::exception&) {
    return failure;
  }
}

int close_file(sqlite3_file* file) noexcept {
  const int rc = real(file)->pMethods->xClose(real(file));
  std::destroy_at(self(file));
  return rc;
}
int read_file(sqlite3_file* file, void* to, int size, sqlite3_int64 at) noexcept {
  return code_of(SQLITE_IOERR_READ, [&] {
    return encrypted(file).read({static_cast<unsigned char*>(to), static_cast<std::size_t>(size)},
                                at);
  });
}
int write_file(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) noexcept {
  return code_of(SQLITE_IOERR_WRITE, [&] {
    return encrypted(file).write(
        {static_cast<const unsigned char*>(from), static_cast<std::size_t>(size)}, at);
  });
}
int truncate_file(sqlite3_file* file, sqlite3_int64 size) noexcept {
  return encrypted(file).truncate(size);
}
int sync_file(sqlite3_file* file, int flags) noexcept {
  return real(file)->pMethods->xSync(real(file), flags);
}
int file_size(sqlite3_file* file, sqlite3_int64* size) noexcept {
  return real(file)->pMethods->xFileSize(real(file), size);
}
int lock_file(sqlite3_file* file, int level) noexcept {
  encrypted(file).lock_changes();
  return real(file)->pMethods->xLock(real(file), level);
}
int unlock_file(sqlite3_file* file, int level) noexcept {
  encrypted(file).lock_changes();
  return real(file)->pMethods->xUnlock(real(file), level);
}
int check_reserved_lock(sqlite3_file* file, int* result) noexcept {
  return real(file)->pMethods->xCheckReservedLock(real(file), result);
}
int file_control(sqlite3_file* file, int op, void* argument) noexcept {
  return code_of(SQLITE_ERROR, [&] { return encrypted(file).control(op, argument); });
}
int sector_size(sqlite3_file* file) noexcept {
  return real(file)->pMethods->xSectorSize(real(file));
}
int device_characteristics(sqlite3_file* file) noexcept {
  return encrypted(file).characteristics();
}
int shm_map(sqlite3_file* file, int region, int size, int extend, void volatile** memory) noexcept {
  return real(file)->pMethods->xShmMap(real(file), region, size, extend, memory);
}
int shm_lock(sqlite3_file* file, int offset, int count, int flags) noexcept {
  encrypted(file).lock_changes();
  return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}
void shm_barrier(sqlite3_file* file) noexcept { real(file)->pMethods->xShmBarrier(real(file)); }
int shm_unmap(sqlite3_file* file, int remove) noexcept {
  return real(file)->pMethods->xShmUnmap(real(file), remove);
}

// Without the functions of version 3, SQLite cannot map the file into memory.
constexpr sqlite3_io_methods methods(int version) {
  return {version,
          close_file,
          read_file,
          write_file,
          truncate_file,
          sync_file,
          file_size,
          lock_file,
          unlock_file,
          check_reserved_lock,
          file_control,
          sector_size,
          device_characteristics,
          shm_map,
          shm_lock,
          shm_barrier,
          shm_unmap,
          nullptr,
          nullptr};
}
// SQLite uses shared memory where the version promises it.
constexpr sqlite3_io_methods kMethods = methods(2);
constexpr sqlite3_io_methods kMethodsWithoutSharedMemory = methods(1);

const sqlite3_io_methods* methods_over(const RealFile& file) noexcept {
  return file.methods()->iVersion >= 2 ? &kMethods : &kMethodsWithoutSharedMemory;
}

// The journal or log of a database, next to its name: opened to look at, and closed.
class Companion {
 public:
  Companion(sqlite3_vfs* vfs, const char* journal) : memory_(words(vfs)) {
    int there = 0;
    const bool found =
        vfs->xAccess(vfs, journal, SQLITE_ACCESS_EXISTS, &there) == SQLITE_OK && there != 0;
    constexpr int kFlags = SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_JOURNAL;
    open_ = found && vfs->xOpen(vfs, journal, file(), kFlags, nullptr) == SQLITE_OK;
  }
  Companion(const Companion&) = delete;
  Companion& operator=(const Companion&) = delete;
  ~Companion() {
    if (open_) file()->pMethods->xClose(file());
  }

  [[nodiscard]] bool is_open() const noexcept { return open_; }
  [[nodiscard]] RealFile real() noexcept { return RealFile(file()); }

 private:
  static std::size_t words(const sqlite3_vfs* vfs) {
    return static_cast<std::size_t>(vfs->szOsFile) / sizeof(std::max_align_t) + 1;
  }
  [[nodiscard]] sqlite3_file* file() noexcept {
    return reinterpret_cast<sqlite3_file*>(memory_.data());
  }

  std::vector<std::max_align_t> memory_;
  bool open_ = false;
};

// Whether the key fits the database as its journal will leave it. Nothing has been changed yet.
Refusal check_key(MainFile& file, sqlite3_vfs* vfs, const char* name) {
  const Refusal refusal = file.check_key();
  if (refusal != Refusal::none && refusal != Refusal::wrong_key &&
      refusal != Refusal::damaged_header) {
    return refusal;
  }
  const char* const journal_name = sqlite3_filename_journal(name);
  if (journal_name == nullptr || *journal_name == '\0') return refusal;
  Companion journal(vfs, journal_name);
  if (!journal.is_open()) return refusal;
  if (refusal == Refusal::none) {
    switch (key_of_journal(journal.real(), file.cipher())) {
      case JournalKey::other:
        return Refusal::interrupted_rekey;
      case JournalKey::same_in_part:
        return Refusal::damaged_journal;
      case JournalKey::unknown:
      case JournalKey::same:
        return Refusal::none;
    }
  }
  const std::optional<std::size_t> restored = restores_first_page(journal.real(), file.cipher());
  if (!restored) return refusal;
  file.trust_journal(*restored);
  return Refusal::none;
}

struct Registry {
  core::Mutex mutex;
  std::vector<std::weak_ptr<EncryptedVfs>> all LIBSQL_GUARDED_BY(mutex);
};

Registry& registry() {
  // Never destroyed: a thread may still run when the process ends.
  // NOLINTNEXTLINE(cppcoreguidelines-owning-memory)
  static Registry& the_registry = *new Registry;
  return the_registry;
}

std::string random_name() {
  constexpr const char* kDigits = "0123456789abcdef";
  std::array<unsigned char, 16> random{};
  fill_random(random);
  std::string name = "libsql-encrypted-";
  for (const unsigned char byte : random) {
    name += kDigits[byte >> 4U];
    name += kDigits[byte & 15U];
  }
  return name;
}

}  // namespace

std::shared_ptr<EncryptedVfs> EncryptedVfs::of(const Encryption& encryption,
                                               const std::string& below) {
  sqlite3_vfs* const found = sqlite3_vfs_find(below.empty() ? nullptr : below.c_str());
  if (found == nullptr) {
    throw Error(ErrorKind::cannot_open, "no such vfs: " + below, SQLITE_ERROR);
  }
  Registry& known = registry();
  const core::MutexLock lock(known.mutex);
  std::erase_if(known.all, [](const auto& entry) { return entry.expired(); });
  for (const auto& entry : known.all) {
    std::shared_ptr<EncryptedVfs> vfs = entry.lock();
    if (vfs && vfs->below_ == found && vfs->encryption_.cipher == encryption.cipher &&
        vfs->encryption_.derivation == encryption.derivation &&
        vfs->encryption_.key == encryption.key) {
      return vfs;
    }
  }
  // Not make_shared: the constructor is private.
  std::shared_ptr<EncryptedVfs> made(
      std::unique_ptr<EncryptedVfs>(new EncryptedVfs(encryption, found)));
  known.all.push_back(made);
  return made;
}

EncryptedVfs::EncryptedVfs(Encryption encryption, sqlite3_vfs* below)
    : encryption_(std::move(encryption)),
      below_(below),
      name_(random_name()),
      registered_{*below, this} {
  // All but opening is done by the functions of the VFS below, with its own pAppData.
  sqlite3_vfs& vfs = registered_.vfs;
  vfs.pNext = nullptr;
  vfs.zName = name_.c_str();
  vfs.szOsFile = static_cast<int>(sizeof(File)) + below->szOsFile;
  vfs.xOpen = open;
  constexpr int kNotDefault = 0;
  if (sqlite3_vfs_register(&vfs, kNotDefault) != SQLITE_OK) throw std::bad_alloc();
}

EncryptedVfs::~EncryptedVfs() { sqlite3_vfs_unregister(&registered_.vfs); }

int EncryptedVfs::open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags,
                       int* out_flags) noexcept {
  EncryptedVfs& to = *reinterpret_cast<Registered*>(vfs)->self;
  // SQLite closes what has methods, and nothing else.
  file->pMethods = nullptr;
  return code_of(SQLITE_CANTOPEN, [&] { return to.open_file(name, file, flags, out_flags); });
}

namespace {

// A journal that SQLite only looks at: whether it is there, and whose super-journal it names. The
// name then need not be one of the open database's.
bool only_looks(int flags) noexcept {
  return (flags & SQLITE_OPEN_SUPER_JOURNAL) != 0 ||
         ((flags & SQLITE_OPEN_MAIN_JOURNAL) != 0 && (flags & SQLITE_OPEN_READWRITE) == 0);
}

// Makes the file of SQLite's memory; gone again unless keep() is called.
class NewFile {
 public:
  NewFile(sqlite3_file* memory, std::shared_ptr<EncryptedVfs> vfs)
      : file_(std::construct_at(self(memory), File{{}, nullptr, std::move(vfs)})) {}
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile() {
    if (file_ == nullptr) return;
    if (open_) file_->real()->pMethods->xClose(file_->real());
    std::destroy_at(file_);
  }

  [[nodiscard]] RealFile real() const noexcept { return RealFile(file_->real()); }
  [[nodiscard]] int open(sqlite3_vfs* below, const char* name, int flags, int* out_flags) {
    const int rc = below->xOpen(below, name, file_->real(), flags, out_flags);
    open_ = rc == SQLITE_OK;
    return rc;
  }
  void keep(std::unique_ptr<EncryptedFile> encrypted) noexcept {
    file_->encrypted = std::move(encrypted);
    file_->base.pMethods = methods_over(real());
    file_ = nullptr;
  }

 private:
  File* file_;
  bool open_ = false;
};

}  // namespace

int EncryptedVfs::open_file(const char* name, sqlite3_file* file, int flags, int* out_flags) {
  if ((flags & SQLITE_OPEN_MAIN_DB) != 0) return open_main(name, file, flags, out_flags);
  if (only_looks(flags)) return below_->xOpen(below_, name, file, flags, out_flags);
  if ((flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) == 0 || name == nullptr) {
    return encryption::refuse(SQLITE_CANTOPEN, Refusal::temporary_file);
  }
  sqlite3_file* const main = sqlite3_database_file_object(name);
  if (main == nullptr || main->pMethods == nullptr || main->pMethods->xClose != close_file) {
    return SQLITE_CANTOPEN;
  }
  auto& database = static_cast<MainFile&>(encrypted(main));
  const bool is_log = (flags & SQLITE_OPEN_WAL) != 0;
  if (is_log && (database.characteristics() & SQLITE_IOCAP_POWERSAFE_OVERWRITE) == 0) {
    // SQLite would write an image in two parts, which cannot be encrypted one by one.
    return encryption::refuse(SQLITE_CANTOPEN, Refusal::no_powersafe);
  }
  NewFile made(file, shared_from_this());
  std::unique_ptr<EncryptedFile> encrypted_file;
  if (is_log) {
    encrypted_file = std::make_unique<WalFile>(made.real(), database);
  } else {
    encrypted_file = std::make_unique<JournalFile>(made.real(), database);
  }
  const int rc = made.open(below_, name, flags, out_flags);
  if (rc == SQLITE_OK) made.keep(std::move(encrypted_file));
  return rc;
}

int EncryptedVfs::open_main(const char* name, sqlite3_file* file, int flags, int* out_flags) {
  if (has_key_parameter(name)) {
    return encryption::refuse(SQLITE_CANTOPEN, Refusal::key_in_location);
  }
  NewFile made(file, shared_from_this());
  auto database = std::make_unique<MainFile>(made.real(), make_page_cipher(encryption_));
  const int rc = made.open(below_, name, flags, out_flags);
  if (rc != SQLITE_OK) return rc;
  const Refusal refusal = check_key(*database, below_, name);
  if (refusal == Refusal::none) {
    made.keep(std::move(database));
    return SQLITE_OK;
  }
  return encryption::refuse(SQLITE_NOTADB, refusal);
}

}  // namespace libsql::encryption
