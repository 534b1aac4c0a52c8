// Distances of two vectors, as libSQL defines them.
#ifndef LIBSQL_VECTOR_DISTANCE_H_
#define LIBSQL_VECTOR_DISTANCE_H_

#include "vector/blob.h"
#include "vector/index_options.h"
#include "vector/kernels.h"

namespace libsql::vector {

// 1 - cosine of the angle, from 0 to 2; of 1-bit vectors the number of components that differ.
// NaN where there is no angle, as of a zero vector. Single precision at the end, also of float64:
// so squares that are too small for it give -infinity. Both vectors have the same type and
// dimensions.
[[nodiscard]] double cosine_distance(const View& left, const View& right, const Kernels& kernels);

// The Euclidean distance. Both vectors have the same type and dimensions, and not the type
// float1bit.
[[nodiscard]] double l2_distance(const View& left, const View& right, const Kernels& kernels);

// The distance that a metric means.
using Distance = double (*)(const View&, const View&, const Kernels&);
[[nodiscard]] constexpr Distance distance_of(Metric metric) noexcept {
  return metric == Metric::cosine ? &cosine_distance : &l2_distance;
}

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_DISTANCE_H_
