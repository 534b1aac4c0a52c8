#include "vector/distance.h"

#include <cmath>
#include <cstdint>

namespace libsql::vector {

namespace {

// The product of the norms is formed in the precision of the elements: where it overflows or
// becomes zero, the result does as in libSQL.
template <typename Number>
double cosine_of(const Products& sums) {
  const auto norms =
      static_cast<Number>(static_cast<Number>(sums.left) * static_cast<Number>(sums.right));
  const auto dot = static_cast<double>(static_cast<Number>(sums.dot));
  return static_cast<double>(static_cast<float>(1.0 - dot / std::sqrt(static_cast<double>(norms))));
}

// The sums of alpha * q + shift, from those of q. In single precision, as in libSQL: the terms are
// large and of both signs, so that its rounding shows in the result.
Products scaled(const ByteProducts& sums, const View& left, const View& right) {
  const auto n = static_cast<float>(left.dimensions);
  const float a = left.alpha;
  const float b = right.alpha;
  const float s = left.shift;
  const float t = right.shift;
  const auto left_sum = static_cast<float>(sums.left_sum);
  const auto right_sum = static_cast<float>(sums.right_sum);
  return {a * b * static_cast<float>(sums.dot) + a * t * left_sum + b * s * right_sum + s * t * n,
          a * a * static_cast<float>(sums.left) + 2 * a * s * left_sum + s * s * n,
          b * b * static_cast<float>(sums.right) + 2 * b * t * right_sum + t * t * n};
}

}  // namespace

double cosine_distance(const View& left, const View& right, const Kernels& kernels) {
  const std::byte* const a = left.data;
  const std::byte* const b = right.data;
  const std::size_t n = left.dimensions;
  switch (left.element) {
    case Element::float32:
      return cosine_of<float>(kernels.multiply_float32(a, b, n));
    case Element::float64:
      return cosine_of<double>(kernels.multiply_float64(a, b, n));
    case Element::float16:
      return cosine_of<float>(kernels.multiply_float16(a, b, n));
    case Element::floatb16:
      return cosine_of<float>(kernels.multiply_floatb16(a, b, n));
    case Element::float8:
      return cosine_of<float>(scaled(kernels.multiply_bytes(a, b, n), left, right));
    case Element::float1bit:
      return static_cast<double>(kernels.different_bits(a, b, n));
  }
  return 0;
}

double l2_distance(const View& left, const View& right, const Kernels& kernels) {
  const std::byte* const a = left.data;
  const std::byte* const b = right.data;
  const std::size_t n = left.dimensions;
  double squares = 0;
  switch (left.element) {
    case Element::float32:
      squares = kernels.squares_float32(a, b, n);
      break;
    case Element::float64:
      squares = kernels.squares_float64(a, b, n);
      break;
    case Element::float16:
      squares = kernels.squares_float16(a, b, n);
      break;
    case Element::floatb16:
      squares = kernels.squares_floatb16(a, b, n);
      break;
    case Element::float8:
      squares =
          kernels.squares_float8({a, left.alpha, left.shift}, {b, right.alpha, right.shift}, n);
      break;
    case Element::float1bit:
      break;  // The caller refuses it.
  }
  if (left.element != Element::float64) squares = static_cast<double>(static_cast<float>(squares));
  return static_cast<double>(static_cast<float>(std::sqrt(squares)));
}

}  // namespace libsql::vector
