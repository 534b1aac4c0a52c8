// Exact search: the nearest rows of an index, by the distance to each.
#ifndef LIBSQL_VECTOR_NEAREST_H_
#define LIBSQL_VECTOR_NEAREST_H_

#include <cstdint>
#include <string>
#include <vector>

#include <sqlite3.h>

#include "vector/blob.h"
#include "vector/index.h"
#include "vector/keys.h"

namespace libsql::vector {

class SketchCaches;

struct Neighbour {
  double distance = 0;        // NaN where there is none, as to a zero vector by cosine.
  std::int64_t position = 0;  // Among the rows in the order of their keys: decides ties.
  OwnedValue key;
};

// A value as a vector: where it lies if it is a blob, parsed if it is a text. Valid while the value
// is.
class SearchVector {
 public:
  // Throws Failure with libSQL's text if the value is no vector, std::bad_alloc.
  explicit SearchVector(sqlite3_value* value);

  [[nodiscard]] const View& view() const noexcept { return view_; }
  // Throws Failure with libSQL's text if it is not of the column's type. `doing` is "search" or
  // "insert".
  void check(const ColumnType& type, const char* doing) const;

 private:
  std::vector<float> numbers_;
  View view_;
};

// The keys of the `count` rows that are nearest to `query`, nearest first; rows without a distance
// come last. All rows if there are fewer. Reads on `db`, so it sees what the open transaction did.
// Throws Failure if the query or a row is no vector of the column's type, and with SQLite's code;
// std::bad_alloc.
// `caches` belong to the connection.
[[nodiscard]] std::vector<Neighbour> find_nearest(sqlite3* db, const Index& index,
                                                  const SearchVector& query, std::int64_t count,
                                                  SketchCaches& caches);

// The same by measuring every row.
[[nodiscard]] std::vector<Neighbour> measure_all(sqlite3* db, const Index& index,
                                                 const SearchVector& query, std::int64_t count);

// An argument that names an index. Throws Failure with libSQL's text if it is no text.
[[nodiscard]] std::string index_argument(sqlite3_value* value);

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_NEAREST_H_
