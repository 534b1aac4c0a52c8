// An index on vectors, found in the schema.
#ifndef LIBSQL_VECTOR_INDEX_H_
#define LIBSQL_VECTOR_INDEX_H_

#include <string>
#include <string_view>

#include <sqlite3.h>

#include "vector/column_type.h"
#include "vector/index_options.h"

namespace libsql::vector {

struct Index {
  ColumnType type;
  Metric metric = Metric::cosine;
  // SELECT key, vector: of the rows that are in the index, in the order of their keys.
  std::string rows;
};

// The index that `name` ("index", meaning main, or "schema.index") means. Case counts.
// Throws Failure with libSQL's text if there is none or it does not fit its table.
[[nodiscard]] Index find_index(sqlite3* db, std::string_view name);

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_INDEX_H_
