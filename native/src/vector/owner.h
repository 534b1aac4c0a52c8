// The virtual table that belongs to an index on vectors: triggers of the indexed table write to it.
// It refuses what is no vector of the column's type, and owns the tables of the sketches.
#ifndef LIBSQL_VECTOR_OWNER_H_
#define LIBSQL_VECTOR_OWNER_H_

#include <string>
#include <string_view>

#include <sqlite3.h>

namespace libsql::vector {

// The beginning of the names of all that belongs to an index; its own name follows.
inline constexpr std::string_view kOwnerPrefix = "libsql_vx_";
inline constexpr std::string_view kOwnerModule = "libsql_vector_index";

// Whether a table belongs to an index on vectors, by its name.
[[nodiscard]] inline bool is_of_index(std::string_view table) noexcept {
  return table.starts_with(kOwnerPrefix);
}

// The name of the virtual table of an index.
[[nodiscard]] std::string owner_name(std::string_view index);

// Registers the module libsql_vector_index on a connection. A table of it has one column, id: each
// INSERT of the key of a row means that this row has been inserted, updated or deleted. It looks
// the row up and fails with libSQL's text unless its value is NULL, a vector of the column's type,
// or outside of a partial index. The whole statement fails then, because SQLite opens a statement
// journal for whatever writes to a virtual table.
// Errors are those of sqlite3_create_module_v2.
[[nodiscard]] int register_owner(sqlite3* db) noexcept;

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_OWNER_H_
