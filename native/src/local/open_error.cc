#include "local/open_error.h"

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include "core/file_error.h"

namespace libsql::local {

namespace {

struct Remedy {
  int system_error;
  std::string_view text;
};

constexpr std::string_view kSideFiles =
    "a database in WAL mode needs a writable folder for its -wal and -shm files, also when it is "
    "only read; where the folder cannot be made writable, nothing writes to the database and there "
    "is no -wal file, open it by a URI with immutable=1";

constexpr auto kRemedies = std::to_array<Remedy>({
    {EMFILE, "raise this process's limit of open files (ulimit -n), or open fewer connections"},
    {ENFILE, "the system's limit of open files is reached"},
    {ENOENT, "the file or its folder does not exist"},
    {ENOTDIR, "a part of the path is a file, not a folder"},
    {EISDIR, "name a file, not a folder"},
    {EACCES, "check the permissions of the file and of its folder"},
    {EPERM, "check the permissions of the file and of its folder"},
    {EROFS, "open it read-only, or make the file system writable"},
    {ENOSPC, "free space on the disk"},
    {EDQUOT, "free space in the user's quota"},
    {ENAMETOOLONG, "the path is too long"},
});

std::string_view remedy_for(int system_error, OpenStep step) noexcept {
  const bool not_allowed = system_error == EROFS || system_error == EACCES ||
                           system_error == EPERM || system_error == ENOENT;
  if (step == OpenStep::side_files && not_allowed) return kSideFiles;
  for (const Remedy& remedy : kRemedies) {
    if (remedy.system_error == system_error) return remedy.text;
  }
  return {};
}

bool concerns_the_file(ErrorKind kind) noexcept {
  return kind == ErrorKind::cannot_open || kind == ErrorKind::read_only || kind == ErrorKind::io ||
         kind == ErrorKind::full || kind == ErrorKind::not_a_database;
}

}  // namespace

Error explain_open_error(const Error& error, sqlite3* db, const std::string& location,
                         OpenStep step) {
  if (!concerns_the_file(error.kind())) return error;
  Error named = core::with_file_name(error, location);
  // SQLite notes the system's error for these two codes only.
  const bool has_system_error = error.code() == SQLITE_CANTOPEN || error.code() == SQLITE_IOERR;
  const int system_error = has_system_error && db != nullptr ? sqlite3_system_errno(db) : 0;
  if (system_error == 0) return named;
  std::string message =
      named.message() + " (" + std::generic_category().message(system_error) + ")";
  const std::string_view remedy = remedy_for(system_error, step);
  if (!remedy.empty()) message.append("; ").append(remedy);
  return Error(named.kind(), message, named.extended_code())
      .with_statement(named.statement(), named.sql_offset());
}

}  // namespace libsql::local
