#include "replica/database.h"

#include <string>

#include "libsql/error.h"

namespace libsql::replica {

namespace {

constexpr int kFlags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_READWRITE;

local::DbHandle open(const local::Keys& keys, int flags) {
  local::DbHandle db = local::open_file(keys.main().location, flags, keys.main().vfs);
  // What SQLite would write next to an encrypted file is plain.
  if (keys.any()) local::keep_temporary_files_in_memory(db.get());
  return db;
}

}  // namespace

local::DbHandle open_database(const local::Keys& keys) {
  local::DbHandle db = open(keys, kFlags);
  const std::string mode = local::run_for_text(db.get(), "PRAGMA main.journal_mode");
  if (mode != "wal") {
    throw Error(ErrorKind::unsupported,
                "a replica's database is in WAL mode, this one in mode " + mode);
  }
  return db;
}

void create_placeholder(const local::Keys& keys) {
  const local::DbHandle db = open(keys, kFlags | SQLITE_OPEN_CREATE);
  if (local::run_for_text(db.get(), "PRAGMA page_count") != "0") {
    throw Error(ErrorKind::misuse, "the file of the new replica has content already");
  }
  local::run_for_text(db.get(), "PRAGMA page_size = 4096");
  if (keys.main_encrypted()) keys.reserve(db.get(), "main", SameKey{});
  local::run_for_text(db.get(), "PRAGMA journal_mode = WAL");
}

}  // namespace libsql::replica
