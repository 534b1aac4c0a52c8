// Builds the sketches of an index from its rows.
#ifndef LIBSQL_VECTOR_SKETCH_BUILD_H_
#define LIBSQL_VECTOR_SKETCH_BUILD_H_

#include <cstdint>
#include <limits>

#include <sqlite3.h>

#include "vector/build_progress.h"
#include "vector/index.h"

namespace libsql::vector {

// From so many rows on sketches are made: fewer are measured faster (docs/performance.md).
inline constexpr std::int64_t kFirstBuild = 1024;

// Of vectors of one bit the distances are as fast as estimates.
[[nodiscard]] bool has_sketches(const Index& index) noexcept;

// The number of rows in the index, counted up to `limit`.
[[nodiscard]] std::int64_t count_rows(
    sqlite3* db, const Index& index, std::int64_t limit = std::numeric_limits<std::int64_t>::max());

// The part of a build's work that the checking of the rows is, which comes before build_sketches().
inline constexpr double kShareOfCheck = 0.1;

// Makes all sketches anew from the `rows` rows that are there, if these are enough; else removes
// all. The rows are read three times, and the sketches are written list by list; in memory are a
// sample of the vectors, at most 256 MB, and a chunk per list. Leaves last_insert_rowid() as it
// is. Throws SqliteFailure, Failure if a row is no vector of the column's type, std::bad_alloc; the
// caller undoes what has been written then.
void build_sketches(sqlite3* db, const Index& index, std::int64_t rows, BuildProgress& progress);

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_SKETCH_BUILD_H_
