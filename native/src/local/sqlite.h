// Small helpers over the SQLite C API: owned handles, error translation, optional functions.
#ifndef LIBSQL_LOCAL_SQLITE_H_
#define LIBSQL_LOCAL_SQLITE_H_

#include <memory>
#include <string>
#include <string_view>

#include <sqlite3.h>

#include "libsql/error.h"

namespace libsql::local {

struct DbCloser {
  // close_v2, because a statement that is still referenced must not keep close from succeeding.
  void operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }
};
using DbHandle = std::unique_ptr<sqlite3, DbCloser>;

struct StmtFinaliser {
  void operator()(sqlite3_stmt* stmt) const noexcept { sqlite3_finalize(stmt); }
};
using StmtHandle = std::unique_ptr<sqlite3_stmt, StmtFinaliser>;

struct BackupFinisher {
  void operator()(sqlite3_backup* backup) const noexcept { sqlite3_backup_finish(backup); }
};
using BackupHandle = std::unique_ptr<sqlite3_backup, BackupFinisher>;

struct SqliteFree {
  void operator()(void* memory) const noexcept { sqlite3_free(memory); }
};

// The kind of an extended result code.
[[nodiscard]] ErrorKind kind_of(int extended_code) noexcept;

// The error of the last call on `db`, which returned `rc`. Must be called before any other call on
// `db`, because SQLite keeps only the last message.
[[nodiscard]] Error from_sqlite(sqlite3* db, int rc, std::string_view sql = {});

// An error with SQLite's own text for that code, for what this library refuses by itself.
[[nodiscard]] Error error_for_code(int extended_code, std::string_view sql = {});

// Throws unless `rc` is SQLITE_OK.
inline void check(sqlite3* db, int rc, std::string_view sql = {}) {
  if (rc != SQLITE_OK) throw from_sqlite(db, rc, sql);
}

// Opens a database file with SQLite's flags; `location` may be a URI. An error names it, and is of
// the kind cannot_open when SQLite does not know what to do with the location. `vfs`: a name, or
// empty for SQLite's default.
[[nodiscard]] DbHandle open_file(const std::string& location, int flags,
                                 const std::string& vfs = "");

// Compiles a statement of this library's own.
[[nodiscard]] StmtHandle compile(sqlite3* db, const std::string& sql);
// Runs a statement of this library's own and returns the first column of its first row, or "".
std::string run_for_text(sqlite3* db, const std::string& sql);

// Whether a schema's name means the main database. As SQLite, in any case of its letters.
[[nodiscard]] inline bool is_main(const std::string& schema) noexcept {
  return sqlite3_stricmp(schema.c_str(), "main") == 0;
}
// A database lives in memory: private, or shared through the memdb VFS.
[[nodiscard]] bool is_in_memory(sqlite3* db, const char* database = "main") noexcept;

// The pre-update hook exists only in libraries built with SQLITE_ENABLE_PREUPDATE_HOOK.
[[nodiscard]] bool has_preupdate_hook() noexcept;
using PreupdateCallback = void (*)(void*, sqlite3*, int, const char*, const char*, sqlite3_int64,
                                   sqlite3_int64);
void set_preupdate_hook(sqlite3* db, PreupdateCallback callback, void* context) noexcept;
// Within that hook: a blob handle writes, which the hook reports as a deletion.
[[nodiscard]] bool is_blob_write(sqlite3* db) noexcept;
// Column metadata exists only with SQLITE_ENABLE_COLUMN_METADATA; null where it does not.
[[nodiscard]] const char* column_origin(sqlite3_stmt* stmt, int index) noexcept;

}  // namespace libsql::local

#endif  // LIBSQL_LOCAL_SQLITE_H_
