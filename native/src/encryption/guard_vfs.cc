#include "encryption/guard_vfs.h"

#include <algorithm>
#include <array>
#include <memory>
#include <new>

#include <sqlite3.h>

#include "encryption/file_header.h"
#include "encryption/refusal.h"
#include "vfs/plain_file.h"

namespace libsql::encryption {

namespace {

constexpr const char* kName = "libsql";

// The default VFS, and ours over it.
struct Guard {
  sqlite3_vfs* below;
  sqlite3_vfs vfs;
};

Guard& guard();

// SQLITE_OK for a plain header, and where nothing has been committed yet. What cannot be read is
// for SQLite to report.
int check_plain(const vfs::RealFile& file) {
  std::array<unsigned char, kHeaderBytes> header{};
  const int rc = file.read(header, 0);
  if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ) return SQLITE_OK;
  switch (kind_of_file(header)) {
    case FileKind::empty:
    case FileKind::plain:
      return SQLITE_OK;
    case FileKind::aes256gcm:
    case FileKind::perhaps_aes256cbc:
      return refuse(SQLITE_NOTADB, Refusal::encrypted);
    case FileKind::unknown:
      break;
  }
  return SQLITE_NOTADB;
}

int open_main(const char* name, sqlite3_file* file, int flags, int* out_flags) {
  if (has_key_parameter(name)) return refuse(SQLITE_CANTOPEN, Refusal::key_in_location);
  vfs::NewShimFile made(file, nullptr);
  const int rc = made.open(guard().below, name, flags, out_flags);
  if (rc != SQLITE_OK) return rc;
  const int plain = check_plain(made.real());
  if (plain == SQLITE_OK) made.keep(std::make_unique<vfs::PlainFile>(made.real()));
  return plain;
}

// Journals, logs and temporary files are the default VFS's own.
int open(sqlite3_vfs* /*vfs*/, const char* name, sqlite3_file* file, int flags,
         int* out_flags) noexcept {
  sqlite3_vfs* const below = guard().below;
  if ((flags & SQLITE_OPEN_MAIN_DB) == 0 || name == nullptr) {
    return below->xOpen(below, name, file, flags, out_flags);
  }
  // SQLite closes what has methods, and nothing else.
  file->pMethods = nullptr;
  return vfs::code_of(SQLITE_CANTOPEN, [&] { return open_main(name, file, flags, out_flags); });
}

Guard make_guard() {
  sqlite3_vfs* const below = sqlite3_vfs_find(nullptr);
  if (below == nullptr) throw std::bad_alloc();
  return {below, *below};
}

// Never unregistered, and so in static memory.
Guard& guard() {
  static Guard the_guard = make_guard();
  static const bool kRegistered = [] {
    the_guard.vfs.pNext = nullptr;
    the_guard.vfs.zName = kName;
    the_guard.vfs.szOsFile = vfs::bytes_over(*the_guard.below);
    the_guard.vfs.xOpen = open;
    constexpr int kNotDefault = 0;
    if (sqlite3_vfs_register(&the_guard.vfs, kNotDefault) != SQLITE_OK) throw std::bad_alloc();
    return true;
  }();
  static_cast<void>(kRegistered);
  return the_guard;
}

}  // namespace

bool has_key_parameter(const char* name) {
  return name != nullptr && std::ranges::any_of(kKeyParameters, [name](const char* parameter) {
           return sqlite3_uri_parameter(name, parameter) != nullptr;
         });
}

const char* guard_vfs() { return guard().vfs.zName; }

}  // namespace libsql::encryption
