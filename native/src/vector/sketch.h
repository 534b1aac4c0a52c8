// Sketches of vectors: one bit per component of a rotated vector, from which a distance is
// estimated. Source: specification of vectors, 12.0.
#ifndef LIBSQL_VECTOR_SKETCH_H_
#define LIBSQL_VECTOR_SKETCH_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vector/blob.h"
#include "vector/index_options.h"

namespace libsql::vector {

// The vector as the metric sees it: of length 1 for the cosine. Nothing if its length is zero,
// infinite or no number, or too large or too small for its square in single precision: then its
// distances follow rules of their own, which no estimate follows.
[[nodiscard]] std::optional<std::vector<float>> regular(const View& vector, Metric metric);

// How the vectors of one column are sketched. Two with the same arguments make the same sketches.
//
// A sketch is a factor f and an addend g, as float32, then the signs of the components of the
// rotated difference to the mean, padded with zeros to a power of two. The rotation makes all
// components alike, whatever the data are: random signs and a Walsh-Hadamard transform, three
// times. An estimate's error shrinks with the root of the number of bits.
class Sketcher {
 public:
  // `mean` is that of the vectors as regular() gives them, or near it.
  Sketcher(Metric metric, std::vector<float> mean);

  [[nodiscard]] const std::vector<float>& mean() const noexcept { return mean_; }
  // The sketch of a regular vector; empty if it is too large for one in single precision.
  [[nodiscard]] std::string sketch(std::span<const float> regular) const;
  // The bytes of a sketch that is not empty.
  [[nodiscard]] static std::size_t size_for(std::size_t dimensions) noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return size_for(mean_.size()); }

 private:
  friend class SketchQuery;
  [[nodiscard]] std::vector<float> rotated(std::span<const float> vector) const;

  Metric metric_;
  std::vector<float> mean_;
  std::size_t bits_;
  std::vector<float> signs_;  // Three times bits_, +1 or -1.
};

// A vector that is looked for, with four bits per component.
class SketchQuery {
 public:
  // `query` is regular.
  SketchQuery(const Sketcher& sketcher, std::span<const float> query);

  // The larger, the nearer, as estimated. `sketch` has the sketcher's size().
  [[nodiscard]] float estimate(std::string_view sketch) const noexcept;

 private:
  std::size_t size_;  // Bytes of one plane.
  std::vector<std::byte> planes_;
  float lowest_;
  float step_;
  float sum_ = 0;
};

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_SKETCH_H_
