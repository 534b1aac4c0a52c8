// An index on vectors, found in the schema.
#ifndef LIBSQL_VECTOR_INDEX_H_
#define LIBSQL_VECTOR_INDEX_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sqlite3.h>

#include "vector/column_type.h"
#include "vector/index_options.h"

namespace libsql::vector {

// Where an index is. Of "name" the schema is main.
struct IndexName {
  std::string schema;
  std::string name;
};

struct Index {
  IndexName name;
  ColumnType type;
  Metric metric = Metric::cosine;
  std::string table;      // "schema"."table".
  std::string own_table;  // "table".
  std::string column;     // Quoted, as the key: what identifies a row.
  std::string key;
  bool has_rowids = true;  // The key is the rowid.
  bool is_partial = false;
  std::int64_t search_l = 0;  // The setting: how many candidates a search measures.
  // SELECT key, vector: of the rows that are in the index, in the order of their keys.
  std::string rows;
  // SELECT key, vector: of the row with the key ?1, if it is in the index.
  std::string row;
};

// "index" or "schema.index", as it is given to vector_top_k.
// Throws Failure with libSQL's text if there is no such schema.
[[nodiscard]] IndexName parse_index_name(sqlite3* db, std::string_view name);

// The CREATE INDEX of that name, in any case, as the schema keeps it. Nothing if there is none, or
// no such schema.
[[nodiscard]] std::optional<std::string> schema_text(sqlite3* db, const IndexName& name);

// The index of that name. Case counts.
// Throws Failure with libSQL's text if there is none or it does not fit its table.
[[nodiscard]] Index find_index(sqlite3* db, const IndexName& name);

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_INDEX_H_
