// Errors of opening a database: which file, what the operating system reported, and what helps.
#ifndef LIBSQL_LOCAL_OPEN_ERROR_H_
#define LIBSQL_LOCAL_OPEN_ERROR_H_

#include <cstdint>
#include <string>

#include <sqlite3.h>

#include "libsql/error.h"

namespace libsql::local {

// What failed: the database file, or those next to it, which the first read opens (-wal, -shm).
enum class OpenStep : std::uint8_t { database_file, side_files };

// `error`, the last one of `db`, with the file's name, the operating system's reason and a remedy
// after SQLite's own text. Errors that have nothing to do with the file stay as they are.
[[nodiscard]] Error explain_open_error(const Error& error, sqlite3* db, const std::string& location,
                                       OpenStep step);

}  // namespace libsql::local

#endif  // LIBSQL_LOCAL_OPEN_ERROR_H_
