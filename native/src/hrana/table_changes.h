// What an event of GET /beta/listen says: how many rows of a table one commit has changed.
#ifndef LIBSQL_HRANA_TABLE_CHANGES_H_
#define LIBSQL_HRANA_TABLE_CHANGES_H_

#include <cstdint>
#include <string_view>

namespace libsql::hrana {

struct TableChanges {
  std::uint64_t inserted = 0;
  std::uint64_t updated = 0;
  std::uint64_t deleted = 0;
};

// From JSON, {"insert":2,"update":1}; a member that is missing is 0, others are ignored.
// Errors: Malformed.
[[nodiscard]] TableChanges decode_table_changes(std::string_view json);

}  // namespace libsql::hrana

#endif  // LIBSQL_HRANA_TABLE_CHANGES_H_
