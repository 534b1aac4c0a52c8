// Settings that one client must not change for all.
#ifndef LIBSQL_SERVER_REFUSED_PRAGMA_H_
#define LIBSQL_SERVER_REFUSED_PRAGMA_H_

#include <string_view>

namespace libsql::server {

// Is the first statement of `sql` a PRAGMA with a value for a setting of the file, such as its
// journal mode, of its locks, or of the whole process; also behind EXPLAIN. Reading them is
// allowed.
[[nodiscard]] bool sets_for_all(std::string_view sql) noexcept;

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_REFUSED_PRAGMA_H_
