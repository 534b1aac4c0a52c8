// Sketches of vectors: one bit per component of a rotated vector, or four where they are few, from
// which a distance is estimated. Source: specification of vectors, 12.0.
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
#include "vector/sketch_code.h"

namespace libsql::vector {

// The vector as the metric sees it: of length 1 for the cosine. Nothing if its length is zero,
// infinite or no number, or too large or too small for single precision: then its distances follow
// rules of their own, which no estimate follows.
[[nodiscard]] std::optional<std::vector<float>> regular(const View& vector, Metric metric);

// How the vectors of one column are sketched. Two with the same mean make the same sketches.
//
// A sketch is a factor f and an addend g, as float32, then the code of the rotated difference to
// the centre of the vector's list, padded with zeros to a power of two. The rotation makes all
// components alike, whatever the data are: random signs and a Walsh-Hadamard transform, three
// times. An estimate's error is proportional to the distances of vector and query from the centre,
// and shrinks with the root of the number of components.
class Sketcher {
 public:
  // `mean` is that of the vectors as regular() gives them, or near it: queries are rounded after it
  // has been subtracted.
  explicit Sketcher(std::vector<float> mean);

  [[nodiscard]] const std::vector<float>& mean() const noexcept { return mean_; }
  // The rotated difference of a regular vector to the mean, which has the same distances to others.
  [[nodiscard]] std::vector<float> turned(std::span<const float> regular) const;
  // The sketch of a vector in the list around `centre`, a mean of vectors, both turned.
  [[nodiscard]] static std::string sketch(std::span<const float> turned,
                                          std::span<const float> centre);
  // The components of a turned vector.
  [[nodiscard]] static std::size_t components_for(std::size_t dimensions) noexcept;
  // The bytes of a sketch.
  [[nodiscard]] static std::size_t size_for(std::size_t dimensions) noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return size_for(mean_.size()); }

 private:
  std::vector<float> mean_;
  std::size_t components_;
  std::vector<float> signs_;  // Three times components_, with the scale that keeps lengths.
};

// Of the square of the distance of a vector and a query, halved.
struct Estimate {
  float value = 0;
  float error = 0;  // About the standard deviation.
};

// A vector that is looked for.
class SketchQuery {
 public:
  explicit SketchQuery(std::span<const float> turned);

  // What all sketches of a list share; `square` is that of the distance to its centre.
  struct List {
    float half_square = 0;
    float deviation = 0;  // Of an estimate, for a factor of 1.
  };
  [[nodiscard]] List in_list(float square) const noexcept;
  [[nodiscard]] Estimate estimate(std::string_view sketch, const List& list) const noexcept;

 private:
  CodedQuery query_;
};

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_SKETCH_H_
