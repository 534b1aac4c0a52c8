// The limits of SQLite's memory, which belong to the process and not to a connection.
#ifndef LIBSQL_LOCAL_MEMORY_LIMITS_H_
#define LIBSQL_LOCAL_MEMORY_LIMITS_H_

#include <string_view>

#include "libsql/database.h"

namespace libsql::local {

// See libsql::limit_memory().
void limit_memory(const MemoryLimits& limits);

// Errors: unsupported for a PRAGMA that sets one of the limits, after limit_memory().
void refuse_memory_limit(std::string_view pragma);

}  // namespace libsql::local

#endif  // LIBSQL_LOCAL_MEMORY_LIMITS_H_
