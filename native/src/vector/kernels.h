// The loops over the components of two vectors, compiled for several SIMD instruction sets.
//
// All kernels read exactly the bytes of the components: data end where a database page may end.
#ifndef LIBSQL_VECTOR_KERNELS_H_
#define LIBSQL_VECTOR_KERNELS_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace libsql::vector {

// The sums of a*b, a*a and b*b.
struct Products {
  double dot = 0;
  double left = 0;
  double right = 0;
};

// The same of bytes, with the sums of a and of b.
struct ByteProducts {
  std::uint64_t dot = 0;
  std::uint64_t left = 0;
  std::uint64_t right = 0;
  std::uint64_t left_sum = 0;
  std::uint64_t right_sum = 0;
};

// Of bits: how many are set, and the sum of four-bit weights of those.
struct WeightedBits {
  std::uint64_t count = 0;
  std::uint64_t weight = 0;
};

// A float8 vector: alpha * q + shift for each byte q.
struct Scaled {
  const std::byte* data;
  float alpha;
  float shift;
};

// Vectors in blocks of sixteen: the first components of all in a block, then the second ones.
struct Blocks {
  static constexpr std::size_t kVectors = 16;

  const float* data;
  std::size_t count;       // Of blocks.
  std::size_t components;  // Of each vector.
};

// The functions of one instruction set. `count` is the number of components; the data may be
// unaligned. Single-precision sums are kept in several lanes, which are added as doubles.
struct Kernels {
  using Multiply = Products (*)(const std::byte* left, const std::byte* right, std::size_t count);
  using Squares = double (*)(const std::byte* left, const std::byte* right, std::size_t count);

  const char* target;
  Multiply multiply_float32;
  Multiply multiply_float64;
  Multiply multiply_float16;
  Multiply multiply_floatb16;
  ByteProducts (*multiply_bytes)(const std::byte* left, const std::byte* right, std::size_t count);
  // The sum of (a-b)*(a-b).
  Squares squares_float32;
  Squares squares_float64;
  Squares squares_float16;
  Squares squares_floatb16;
  double (*squares_float8)(const Scaled& left, const Scaled& right, std::size_t count);
  // How many of the first `count` bits differ.
  std::uint64_t (*different_bits)(const std::byte* left, const std::byte* right, std::size_t count);
  // `planes` are four times `size` bytes: the lowest bits of all weights first. `size` is a
  // multiple of 8.
  WeightedBits (*weigh_bits)(const std::byte* bits, const std::byte* planes, std::size_t size);
  // The sum of a*b for 2 * `size` numbers of four bits, those in the lower halves of bytes first.
  // `size` is 32 or 64.
  std::int32_t (*multiply_numbers)(const std::byte* numbers, const std::int16_t* weights,
                                   std::size_t size);
  // The sum of a*b.
  double (*dot_float32)(const std::byte* left, const std::byte* right, std::size_t count);
  // squares[i] becomes the sum of (a-b)*(a-b) of the vector and the i-th of the blocks, in single
  // precision. Returns the least, or infinity.
  float (*squares_of_blocks)(const float* vector, const Blocks& blocks, float* squares);
  // Multiplies by the signs, which include a scale, and then in place by a Hadamard matrix of
  // Walsh's construction. `size` is a power of two, at least 64. The same bits on every instruction
  // set.
  void (*walsh_hadamard)(float* values, const float* signs, std::size_t size);
};

// The fastest that this processor runs. Thread-safe.
[[nodiscard]] const Kernels& kernels() noexcept;
// All that this processor runs, slowest first. Thread-safe.
[[nodiscard]] std::span<const Kernels* const> supported_kernels() noexcept;

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_KERNELS_H_
