// Indexes on vectors that libSQL's own engine has built, in a file that we open.
//
// libSQL keeps a row of metadata and a table of graph nodes for each index, and leaves SQLite's own
// index on libsql_vector_idx() empty; its planner never uses that. SQLite's does: count(*) of such
// a table is 0, and deleting a row reports a malformed database. So an index must be made again
// before anything is read (vector/definition.h: adopt), or, where the file cannot be written,
// hidden. shared/specs/vector.md, 8.
#ifndef LIBSQL_VECTOR_LIBSQL_INDEX_H_
#define LIBSQL_VECTOR_LIBSQL_INDEX_H_

#include <vector>

#include <sqlite3.h>

#include "vector/index.h"

namespace libsql::vector {

// Whether any attached database has libSQL's metadata. Reads only the schema that the connection
// knows, so it starts no transaction.
[[nodiscard]] bool has_libsql_metadata(sqlite3* db) noexcept;

// Those that have not been adopted. Throws SqliteFailure, std::bad_alloc.
[[nodiscard]] std::vector<IndexName> libsql_indexes(sqlite3* db);

// Makes SQLite forget its own indexes on vectors, until the connection ends: it may only read then.
// vector_top_k finds them as before. Damage in the schema makes SQLite forget an object, too,
// instead of an error. Returns SQLite's code: SQLITE_BUSY while statements run.
[[nodiscard]] int hide_indexes(sqlite3* db) noexcept;

// Removes what libSQL keeps for that index; its metadata altogether with the last one. Does nothing
// if that is not there. Throws SqliteFailure, std::bad_alloc.
void remove_libsql_index(sqlite3* db, const IndexName& name);

// The same for indexes that are gone: SQLite drops an index of libSQL's, but not what belongs to
// it.
void remove_libsql_orphans(sqlite3* db);

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_LIBSQL_INDEX_H_
