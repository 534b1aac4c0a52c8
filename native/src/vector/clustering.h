// k-means: centres that vectors lie around.
#ifndef LIBSQL_VECTOR_CLUSTERING_H_
#define LIBSQL_VECTOR_CLUSTERING_H_

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace libsql::vector {

// Vectors of the same size, one behind the other.
struct VectorSet {
  std::size_t dimensions = 0;
  std::vector<float> values;

  [[nodiscard]] std::size_t size() const noexcept { return values.size() / dimensions; }
  [[nodiscard]] std::span<const float> operator[](std::size_t index) const noexcept {
    return {values.data() + index * dimensions, dimensions};
  }
  void add(std::span<const float> vector) {
    values.insert(values.end(), vector.begin(), vector.end());
  }
};

// `count` centres of `vectors`, of which there must be as many at least; the same for the same
// arguments. `pause` is called after some milliseconds' work each time, with how much is done, 0 to
// 1; what it throws ends the work.
using Pause = std::function<void(double done)>;
[[nodiscard]] VectorSet cluster(const VectorSet& vectors, std::size_t count, const Pause& pause);

// As cluster(), and then of groups of more than `most` vectors, halves; groups of fewer than
// `fewest` are left out. So the number of centres is near `count`, and at least one.
[[nodiscard]] VectorSet cluster_evenly(const VectorSet& vectors, std::size_t count,
                                       std::size_t most, std::size_t fewest, const Pause& pause);

// Two centres, and which of them each vector belongs to. Each has an eighth of the vectors at
// least, of which there must be two.
struct Halves {
  VectorSet centres;
  std::vector<bool> in_second;
};
[[nodiscard]] Halves halve(const VectorSet& vectors);

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_CLUSTERING_H_
