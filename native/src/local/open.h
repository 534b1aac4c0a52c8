// Opens local sessions.
#ifndef LIBSQL_LOCAL_OPEN_H_
#define LIBSQL_LOCAL_OPEN_H_

#include <memory>
#include <string>
#include <string_view>

#include "core/session.h"
#include "libsql/options.h"

namespace libsql::local {

// Opens `location` (a path, ":memory:" or a file: URI) and applies the options. Errors:
// cannot_open, not_a_database, read_only, corrupt, busy, invalid_argument for a bad pragma.
[[nodiscard]] std::shared_ptr<core::Session> open_session(const std::string& location,
                                                          const Options& options);

// The SQLite library that is in use at run time.
[[nodiscard]] std::string_view version() noexcept;
[[nodiscard]] int version_number() noexcept;

}  // namespace libsql::local

#endif  // LIBSQL_LOCAL_OPEN_H_
