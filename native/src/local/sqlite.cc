#include "local/sqlite.h"

#include <cerrno>

#include "core/file_error.h"
#include "core/result_code.h"
#include "encryption/refusal.h"
#include "local/open_error.h"

// Declared weak and by hand: the header hides them unless the matching macros are set, and the
// library may lack them.
extern "C" {
__attribute__((weak)) void* sqlite3_preupdate_hook(
    sqlite3*,
    void (*)(void*, sqlite3*, int, const char*, const char*, sqlite3_int64, sqlite3_int64), void*);
__attribute__((weak)) int sqlite3_preupdate_blobwrite(sqlite3*);
__attribute__((weak)) const char* sqlite3_column_origin_name(sqlite3_stmt*, int);
}

namespace libsql::local {

ErrorKind kind_of(int extended_code) noexcept { return core::kind_of_code(extended_code); }

namespace {

// A file that cannot grow, e.g. the -shm file of a database on a full disk, is an I/O error or one
// of opening for SQLite, which also notes what the operating system reported.
bool is_disk_full(sqlite3* db, int extended_code) noexcept {
  const int code = extended_code & 0xff;
  if (code != SQLITE_IOERR && code != SQLITE_CANTOPEN) return false;
  const int system_error = sqlite3_system_errno(db);
  return system_error == ENOSPC || system_error == EDQUOT;
}

}  // namespace

Error from_sqlite(sqlite3* db, int rc, std::string_view sql) {
  const bool current = db != nullptr && (sqlite3_errcode(db) & 0xff) == (rc & 0xff);
  const int extended = current && (rc & ~0xff) == 0 ? sqlite3_extended_errcode(db) : rc;
  const bool full = current && is_disk_full(db, extended);
  // ATTACH names the location in place of the reason, with what is ours in it.
  const bool own_text = current && (rc & 0xff) != SQLITE_NOTADB;
  std::string message = own_text ? sqlite3_errmsg(db) : sqlite3_errstr(rc);
  message += encryption::refusal_of(extended);
  const int offset = current ? sqlite3_error_offset(db) : -1;
  const Error error(full ? ErrorKind::full : kind_of(extended), std::move(message), extended);
  return sql.empty() ? error : error.with_statement(sql, offset);
}

Error error_for_code(int extended_code, std::string_view sql) {
  const Error error(kind_of(extended_code),
                    sqlite3_errstr(extended_code) + encryption::refusal_of(extended_code),
                    extended_code);
  return sql.empty() ? error : error.with_statement(sql);
}

DbHandle open_file(const std::string& location, int flags, const std::string& vfs) {
  sqlite3* raw = nullptr;
  const int rc = sqlite3_open_v2(location.c_str(), &raw, flags | SQLITE_OPEN_URI,
                                 vfs.empty() ? nullptr : vfs.c_str());
  DbHandle db(raw);
  if (rc == SQLITE_OK) return db;
  const Error error = from_sqlite(raw, rc);
  // A URI with an unknown mode or file system, or the name of another machine.
  if (error.kind() == ErrorKind::error) {
    throw core::with_file_name(
        Error(ErrorKind::cannot_open, error.message(), error.extended_code()), location);
  }
  throw explain_open_error(error, raw, location, OpenStep::database_file);
}

StmtHandle compile(sqlite3* db, const std::string& sql) {
  sqlite3_stmt* stmt = nullptr;
  const int rc = sqlite3_prepare_v2(db, sql.c_str(), -1, &stmt, nullptr);
  check(db, rc, sql);
  return StmtHandle(stmt);
}

std::string run_for_text(sqlite3* db, const std::string& sql) {
  const StmtHandle stmt = compile(db, sql);
  std::string text;
  int rc = sqlite3_step(stmt.get());
  if (rc == SQLITE_ROW) {
    // As text, not as a blob: the database may be in UTF-16.
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(stmt.get(), 0));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(stmt.get(), 0));
    if (bytes != nullptr) text.assign(bytes, size);
    while (rc == SQLITE_ROW) rc = sqlite3_step(stmt.get());
  }
  if (rc != SQLITE_DONE) throw from_sqlite(db, rc, sql);
  return text;
}

bool is_in_memory(sqlite3* db, const char* database) noexcept {
  const char* file = sqlite3_db_filename(db, database);
  if (file == nullptr || *file == '\0') return true;
  sqlite3_vfs* vfs = nullptr;
  sqlite3_file_control(db, database, SQLITE_FCNTL_VFS_POINTER, &vfs);
  return vfs != nullptr && std::string_view(vfs->zName) == "memdb";
}

bool has_preupdate_hook() noexcept { return sqlite3_preupdate_hook != nullptr; }

void set_preupdate_hook(sqlite3* db, PreupdateCallback callback, void* context) noexcept {
  if (has_preupdate_hook()) sqlite3_preupdate_hook(db, callback, context);
}

bool is_blob_write(sqlite3* db) noexcept {
  return sqlite3_preupdate_blobwrite != nullptr && sqlite3_preupdate_blobwrite(db) >= 0;
}

const char* column_origin(sqlite3_stmt* stmt, int index) noexcept {
  return sqlite3_column_origin_name != nullptr ? sqlite3_column_origin_name(stmt, index) : nullptr;
}

}  // namespace libsql::local
