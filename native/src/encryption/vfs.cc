// Source: sqlite.org/c3ref/vfs.html
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
#include "vfs/shim_file.h"

namespace libsql::encryption {

namespace {

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
  [[nodiscard]] vfs::RealFile real() noexcept { return vfs::RealFile(file()); }

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
  vfs.szOsFile = vfs::bytes_over(*below);
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
  return vfs::code_of(SQLITE_CANTOPEN, [&] { return to.open_file(name, file, flags, out_flags); });
}

namespace {

// A journal that SQLite only looks at: whether it is there, and whose super-journal it names. The
// name then need not be one of the open database's.
bool only_looks(int flags) noexcept {
  return (flags & SQLITE_OPEN_SUPER_JOURNAL) != 0 ||
         ((flags & SQLITE_OPEN_MAIN_JOURNAL) != 0 && (flags & SQLITE_OPEN_READWRITE) == 0);
}

}  // namespace

int EncryptedVfs::open_file(const char* name, sqlite3_file* file, int flags, int* out_flags) {
  if ((flags & SQLITE_OPEN_MAIN_DB) != 0) return open_main(name, file, flags, out_flags);
  if (only_looks(flags)) return below_->xOpen(below_, name, file, flags, out_flags);
  if ((flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) == 0 || name == nullptr) {
    return encryption::refuse(SQLITE_CANTOPEN, Refusal::temporary_file);
  }
  auto* const database = dynamic_cast<MainFile*>(vfs::shim_of(sqlite3_database_file_object(name)));
  if (database == nullptr) return SQLITE_CANTOPEN;
  const bool is_log = (flags & SQLITE_OPEN_WAL) != 0;
  if (is_log && (database->characteristics() & SQLITE_IOCAP_POWERSAFE_OVERWRITE) == 0) {
    // SQLite would write an image in two parts, which cannot be encrypted one by one.
    return encryption::refuse(SQLITE_CANTOPEN, Refusal::no_powersafe);
  }
  vfs::NewShimFile made(file, shared_from_this());
  std::unique_ptr<vfs::ShimFile> shim;
  if (is_log) {
    shim = std::make_unique<WalFile>(made.real(), *database);
  } else {
    shim = std::make_unique<JournalFile>(made.real(), *database);
  }
  const int rc = made.open(below_, name, flags, out_flags);
  if (rc == SQLITE_OK) made.keep(std::move(shim));
  return rc;
}

int EncryptedVfs::open_main(const char* name, sqlite3_file* file, int flags, int* out_flags) {
  if (has_key_parameter(name)) {
    return encryption::refuse(SQLITE_CANTOPEN, Refusal::key_in_location);
  }
  vfs::NewShimFile made(file, shared_from_this());
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
