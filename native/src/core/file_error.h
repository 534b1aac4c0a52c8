// Adds the name of the file to errors: most of SQLite's messages have none.
#ifndef LIBSQL_CORE_FILE_ERROR_H_
#define LIBSQL_CORE_FILE_ERROR_H_

#include <string_view>

#include "libsql/error.h"

namespace libsql::core {

// The same error with the file's name at the end of its message, unless it is there already. Of a
// URI only what comes before its parameters, which may be secrets.
[[nodiscard]] Error with_file_name(const Error& error, std::string_view location);

// The same error with `path` where its message has `uri`, of which only we know.
[[nodiscard]] Error with_path(const Error& error, std::string_view uri, std::string_view path);

// The error of copying a database to `location`, which is added unless the copy is not the cause:
// the database itself is damaged or locked, or the caller has stopped the backup.
[[nodiscard]] Error with_copy_name(const Error& error, std::string_view location);

}  // namespace libsql::core

#endif  // LIBSQL_CORE_FILE_ERROR_H_
