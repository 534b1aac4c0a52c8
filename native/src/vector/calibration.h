// How far lists are from a query that a search has to look at, measured while an index is built.
#ifndef LIBSQL_VECTOR_CALIBRATION_H_
#define LIBSQL_VECTOR_CALIBRATION_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "vector/centres.h"
#include "vector/clustering.h"
#include "vector/sketch.h"

namespace libsql::vector {

// Some of the rows are queries: their nearest rows are found among all, and then how far the
// centres of these rows' lists are.
class Calibration {
 public:
  // `queries` are rows of the index; `rows` their numbers, ascending.
  Calibration(VectorSet queries, std::vector<std::int64_t> rows);

  // A row of the index, in the order of their numbers, and the list that it is in.
  void offer(std::int64_t row, std::span<const float> vector, std::int64_t list);
  // See IndexState.
  [[nodiscard]] double reach(const Centres& centres, const Sketcher& sketcher) const;

 private:
  struct Near {
    double score = 0;  // The larger, the nearer.
    std::int64_t list = 0;
  };

  VectorSet queries_;
  std::vector<std::int64_t> rows_;
  std::size_t next_ = 0;                    // The first query whose row has not been offered.
  std::vector<std::vector<Near>> nearest_;  // Of each query, nearest first.
};

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_CALIBRATION_H_
