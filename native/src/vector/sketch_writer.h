// Keeps the sketches of an index as its rows are.
#ifndef LIBSQL_VECTOR_SKETCH_WRITER_H_
#define LIBSQL_VECTOR_SKETCH_WRITER_H_

#include <cstdint>
#include <string>

#include <sqlite3.h>

#include "vector/index.h"
#include "vector/list_balance.h"
#include "vector/nearest.h"
#include "vector/sketch_cache.h"
#include "vector/sketch_lists.h"
#include "vector/sqlite_statement.h"

namespace libsql::vector {

// All functions throw SqliteFailure, Failure if a row is no vector of the column's type,
// std::bad_alloc.
class SketchWriter {
 public:
  SketchWriter(sqlite3* db, Index index);

  // The row with that key has been inserted, updated or deleted.
  void row_has_changed(sqlite3_value* key);

 private:
  // Whether the index has sketches; cache_ is that of the latest edition then.
  bool open();
  // The row is in the index, with that vector.
  void put(sqlite3_value* key, const SearchVector& vector);
  // The row is not, or no longer, in the index.
  void remove(sqlite3_value* key);
  void added(std::int64_t list, std::int64_t count);
  void build_first_sketches();
  void build();
  void sweep();

  sqlite3* db_;
  Index index_;
  SqliteStatement row_;
  SqliteStatement edition_;
  SketchLists lists_;
  SketchCache cache_;
  ListBalance balance_;
  int until_counted_ = 0;
  int until_swept_;
};

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_SKETCH_WRITER_H_
