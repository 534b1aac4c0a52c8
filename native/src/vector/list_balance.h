// Keeps the lists of an index at their size while rows come and go.
#ifndef LIBSQL_VECTOR_LIST_BALANCE_H_
#define LIBSQL_VECTOR_LIST_BALANCE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <sqlite3.h>

#include "vector/clustering.h"
#include "vector/index.h"
#include "vector/sketch_cache.h"
#include "vector/sketch_lists.h"
#include "vector/sqlite_statement.h"

namespace libsql::vector {

// Works on one list at a time, so that no write waits for much. The lists and the cache must
// outlive it, and the cache be refreshed. All functions throw as SketchLists does.
class ListBalance {
 public:
  ListBalance(sqlite3* db, const Index& index, SketchLists& lists, SketchCache& cache);

  // A list has `count` entries since one has been added, or removed.
  void grown(std::int64_t list, std::int64_t count);
  void shrunk(std::int64_t list, std::int64_t count);
  // Forgets rows of the chunk that follows the one of the latest call, if they are gone: REPLACE
  // deletes rows without firing a trigger. Returns whether there were some.
  bool sweep();

 private:
  // Rows with their vectors, turned.
  struct Members {
    std::vector<std::int64_t> ids;
    VectorSet vectors;
  };
  // Takes all rows out of a list. Rows that are gone are forgotten.
  [[nodiscard]] Members take_members(std::int64_t list);
  // Its vector, turned. Nothing if the row is gone; an empty vector if it is not regular.
  [[nodiscard]] std::optional<std::vector<float>> read_row(std::int64_t id);
  // Puts a row that is in no list into one.
  void move_in(std::int64_t id, std::span<const float> vector, std::int64_t list);
  void split(std::int64_t list);
  void merge(std::int64_t list);

  sqlite3* db_;
  Index index_;
  SketchLists& lists_;
  SketchCache& cache_;
  SqliteStatement row_;
  std::int64_t swept_ = 0;  // The place behind the latest chunk.
};

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_LIST_BALANCE_H_
