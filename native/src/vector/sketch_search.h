// Search by sketches: estimates the rows of the lists around the query, and measures those that
// seem nearest.
#ifndef LIBSQL_VECTOR_SKETCH_SEARCH_H_
#define LIBSQL_VECTOR_SKETCH_SEARCH_H_

#include <cstdint>
#include <optional>
#include <vector>

#include <sqlite3.h>

#include "vector/index.h"
#include "vector/nearest.h"
#include "vector/sketch_cache.h"

namespace libsql::vector {

// As find_nearest(), from a scan of sketches. Of the rows of the lists that are looked at, the
// max(search_l, 4 * count) that are estimated to be nearest are measured, and all whose vector is
// not regular; so the answer is exact if there are no more rows than that, and else nearly always.
// It has as many rows as find_nearest() has. Nothing if the index has no sketches, or the query is
// not regular.
[[nodiscard]] std::optional<std::vector<Neighbour>> find_by_sketches(sqlite3* db,
                                                                     const Index& index,
                                                                     const SearchVector& query,
                                                                     std::int64_t count,
                                                                     SketchCaches& caches);

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_SKETCH_SEARCH_H_
