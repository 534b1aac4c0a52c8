#include "encryption/guard_vfs.h"

#include <array>
#include <new>

#include <sqlite3.h>

#include "encryption/file_header.h"
#include "encryption/real_file.h"
#include "encryption/refusal.h"

namespace libsql::encryption {

namespace {

constexpr const char* kName = "libsql";

// The default VFS, and ours over it.
struct Guard {
  sqlite3_vfs* below;
  sqlite3_vfs vfs;
};

Guard& guard();

// Nothing committed yet, or a plain header. What cannot be read is for SQLite to report.
bool may_be_plain(const RealFile& file) {
  std::array<unsigned char, kHeaderBytes> header{};
  const int rc = file.read(header, 0);
  if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ) return true;
  const FileKind kind = kind_of_file(header);
  return kind == FileKind::empty || kind == FileKind::plain;
}

int open(sqlite3_vfs* /*vfs*/, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  sqlite3_vfs* const below = guard().below;
  const int rc = below->xOpen(below, name, file, flags, out_flags);
  if (rc != SQLITE_OK || (flags & SQLITE_OPEN_MAIN_DB) == 0 || name == nullptr) return rc;
  if (may_be_plain(RealFile(file))) return SQLITE_OK;
  file->pMethods->xClose(file);
  file->pMethods = nullptr;
  return encryption::refuse(SQLITE_NOTADB, Refusal::encrypted);
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
    the_guard.vfs.xOpen = open;
    constexpr int kNotDefault = 0;
    if (sqlite3_vfs_register(&the_guard.vfs, kNotDefault) != SQLITE_OK) throw std::bad_alloc();
    return true;
  }();
  static_cast<void>(kRegistered);
  return the_guard;
}

}  // namespace

const char* guard_vfs() { return guard().vfs.zName; }

}  // namespace libsql::encryption
