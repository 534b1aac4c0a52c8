// What kind of error a result code of SQLite is, wherever it comes from: the library or a server.
#ifndef LIBSQL_CORE_RESULT_CODE_H_
#define LIBSQL_CORE_RESULT_CODE_H_

#include "libsql/error.h"

namespace libsql::core {

// By the primary code. Source: sqlite.org/rescode.html
[[nodiscard]] ErrorKind kind_of_code(int extended_code) noexcept;

}  // namespace libsql::core

#endif  // LIBSQL_CORE_RESULT_CODE_H_
