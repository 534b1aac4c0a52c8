// The nearest rows so far.
#ifndef LIBSQL_VECTOR_BEST_H_
#define LIBSQL_VECTOR_BEST_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include <sqlite3.h>

#include "vector/nearest.h"

namespace libsql::vector {

// Keeps the `count` nearest of the rows that are offered: by distance, those without one last, then
// by position.
class Best {
 public:
  explicit Best(std::int64_t count) : count_(static_cast<std::size_t>(count)) {}

  // What a row's distance must be below, or equal to; infinity as long as any row is kept.
  [[nodiscard]] double limit() const noexcept;
  // Copies the key. Throws std::bad_alloc.
  void offer(double distance, std::int64_t position, sqlite3_value* key);
  // Nearest first.
  [[nodiscard]] std::vector<Neighbour> in_order() &&;

 private:
  std::size_t count_;
  std::vector<Neighbour> found_;  // A heap with the farthest on top.
};

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_BEST_H_
