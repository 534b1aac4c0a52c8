// Which statements a replica can answer by itself.
#ifndef LIBSQL_REPLICA_ROUTES_H_
#define LIBSQL_REPLICA_ROUTES_H_

#include <string_view>

namespace libsql::replica {

// It changes nothing in the file and opens no transaction: queries, settings of the connection,
// ATTACH, and what SQLite refuses outside of a transaction anyway.
[[nodiscard]] bool is_local(std::string_view statement) noexcept;
// The same for each statement of a text.
[[nodiscard]] bool is_local_script(std::string_view sql) noexcept;

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_ROUTES_H_
