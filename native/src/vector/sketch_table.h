// The sketches of an index, in shadow tables of its virtual table, and what they were made with.
#ifndef LIBSQL_VECTOR_SKETCH_TABLE_H_
#define LIBSQL_VECTOR_SKETCH_TABLE_H_

#include <cstdint>
#include <optional>
#include <string>

#include <sqlite3.h>

#include "vector/index.h"
#include "vector/sketch.h"
#include "vector/sqlite_statement.h"

namespace libsql::vector {

// _sketches(key, data): a sketch per row, by its key; empty for a vector that is not regular.
// _state(id = 1, version, build, rows, mean): of the latest build. Without it, no row has a sketch,
// and searches measure all rows.
inline constexpr const char* kSketchesSuffix = "sketches";
inline constexpr const char* kStateSuffix = "state";

// From so many rows on sketches are made: fewer are measured faster (docs/performance.md).
inline constexpr std::int64_t kFirstBuild = 1024;
// The mean of so many rows will do for any number.
inline constexpr std::int64_t kLastBuild = 16'384;

// "schema"."libsql_vx_name_suffix".
[[nodiscard]] std::string shadow_name(const IndexName& index, const char* suffix);

void create_shadow_tables(sqlite3* db, const Index& index);
void drop_shadow_tables(sqlite3* db, const IndexName& index);

struct SketchState {
  std::int64_t build = 0;  // A random number, another for each build.
  std::int64_t rows = 0;   // How many were there.
  std::vector<float> mean;
};

// Nothing if the index has no sketches.
[[nodiscard]] std::optional<SketchState> read_state(sqlite3* db, const Index& index);

// Makes all sketches anew from the rows that are there, if there are enough of them; else removes
// all. Leaves last_insert_rowid() as it is.
void build_sketches(sqlite3* db, const Index& index);

// Keeps the sketches of an index as its rows are. All functions throw SqliteFailure, Failure if a
// row is no vector of the column's type, std::bad_alloc.
class SketchWriter {
 public:
  SketchWriter(sqlite3* db, Index index);

  // The row with that key has been inserted, updated or deleted.
  void row_has_changed(sqlite3_value* key);

 private:
  // Whether the index has sketches; sketcher_ is that of the latest build then.
  bool open_state();
  void grow();

  sqlite3* db_;
  Index index_;
  SqliteStatement row_;
  SqliteStatement build_;
  SqliteStatement remove_;
  SqliteStatement insert_;
  std::optional<Sketcher> sketcher_;
  std::int64_t build_of_sketcher_ = 0;
  std::int64_t rows_of_build_ = 0;
  int until_counted_ = 0;
};

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_SKETCH_TABLE_H_
