// Codes of rotated vectors, relative to a centre, and their products with a query: a bit for each
// component, its sign; or four where components are few, because signs alone would say too little.
#ifndef LIBSQL_VECTOR_SKETCH_CODE_H_
#define LIBSQL_VECTOR_SKETCH_CODE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "vector/kernels.h"

namespace libsql::vector {

// Of vectors with so many components, a power of two from 64 on: the bytes of a code.
[[nodiscard]] std::size_t code_size(std::size_t components) noexcept;

// What a code's numbers are multiplied with, and the sums of the products.
struct CodeSums {
  float with_difference = 0;
  float with_centre = 0;
};

// Writes the code of the difference of a vector and a centre; `code` is zeros before.
// A code's numbers are -1 or 1 for signs, and else odd multiples of a half from -7.5 to 7.5.
CodeSums write_code(std::span<const float> vector, std::span<const float> centre,
                    std::span<std::byte> code) noexcept;

// A vector that codes are multiplied with, in integers.
class CodedQuery {
 public:
  explicit CodedQuery(std::span<const float> vector);

  // The sum of the products of a code's numbers and the vector's components.
  [[nodiscard]] float product(const std::byte* code) const noexcept;
  // The variance of such a product that comes from the vector's own rounding.
  [[nodiscard]] float rounding() const noexcept { return rounding_; }
  // The variance of a product that comes from the code's, for a vector of length 1: of the code's
  // part at right angles to what it stands for.
  [[nodiscard]] float variance() const noexcept;

 private:
  void round_to_planes(std::span<const float> vector);
  void round_to_weights(std::span<const float> vector);

  const Kernels& kernels_;
  std::size_t size_;  // Bytes of a code.
  // For signs: components of four bits, lowest + step * level, the levels' lowest bits first.
  std::vector<std::byte> planes_;
  // For four bits: components of sixteen bits, step * weight.
  std::vector<std::int16_t> weights_;
  float lowest_ = 0;
  float step_ = 0;
  float sum_ = 0;
  float rounding_ = 0;
};

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_SKETCH_CODE_H_
