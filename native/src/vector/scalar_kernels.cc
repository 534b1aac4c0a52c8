#include "vector/scalar_kernels.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "vector/half.h"

namespace libsql::vector {

namespace {

template <typename Stored>
Stored stored_at(const std::byte* data, std::size_t index) {
  Stored value;
  std::memcpy(&value, data + index * sizeof value, sizeof value);
  return value;
}

float float32_at(const std::byte* data, std::size_t index) { return stored_at<float>(data, index); }
double float64_at(const std::byte* data, std::size_t index) {
  return stored_at<double>(data, index);
}
float float16_at(const std::byte* data, std::size_t index) {
  return from_float16(stored_at<std::uint16_t>(data, index));
}
float floatb16_at(const std::byte* data, std::size_t index) {
  return from_bfloat16(stored_at<std::uint16_t>(data, index));
}
std::uint64_t byte_at(const std::byte* data, std::size_t index) {
  return std::to_integer<std::uint64_t>(data[index]);
}

// In the elements' own precision, left to right, as libSQL.
template <auto at>
Products multiply(const std::byte* left, const std::byte* right, std::size_t count) {
  using Number = decltype(at(left, 0));
  Number dot = 0;
  Number left_squares = 0;
  Number right_squares = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Number a = at(left, i);
    const Number b = at(right, i);
    dot += a * b;
    left_squares += a * a;
    right_squares += b * b;
  }
  return {dot, left_squares, right_squares};
}

template <auto at>
double squares(const std::byte* left, const std::byte* right, std::size_t count) {
  using Number = decltype(at(left, 0));
  Number sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Number difference = at(left, i) - at(right, i);
    sum += difference * difference;
  }
  return sum;
}

ByteProducts multiply_bytes(const std::byte* left, const std::byte* right, std::size_t count) {
  ByteProducts sums;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t a = byte_at(left, i);
    const std::uint64_t b = byte_at(right, i);
    sums.dot += a * b;
    sums.left += a * a;
    sums.right += b * b;
    sums.left_sum += a;
    sums.right_sum += b;
  }
  return sums;
}

float scaled_at(const Scaled& vector, std::size_t index) {
  return vector.alpha * static_cast<float>(byte_at(vector.data, index)) + vector.shift;
}

double squares_float8(const Scaled& left, const Scaled& right, std::size_t count) {
  float sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const float difference = scaled_at(left, i) - scaled_at(right, i);
    sum += difference * difference;
  }
  return static_cast<double>(sum);
}

std::uint64_t different_bits(const std::byte* left, const std::byte* right, std::size_t count) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < (count + 7) / 8; ++i) {
    const std::size_t bits = count - 8 * i;
    const std::uint64_t used = bits < 8 ? (1U << bits) - 1U : 0xFFU;
    sum += static_cast<std::uint64_t>(std::popcount((byte_at(left, i) ^ byte_at(right, i)) & used));
  }
  return sum;
}

std::uint64_t word_at(const std::byte* place) {
  std::uint64_t word = 0;
  std::memcpy(&word, place, sizeof word);
  return word;
}

WeightedBits weigh_bits(const std::byte* bits, const std::byte* planes, std::size_t size) {
  WeightedBits sums;
  for (std::size_t i = 0; i < size; i += sizeof(std::uint64_t)) {
    const std::uint64_t word = word_at(bits + i);
    sums.count += static_cast<std::uint64_t>(std::popcount(word));
    for (std::size_t plane = 0; plane < 4; ++plane) {
      const std::uint64_t both = word & word_at(planes + plane * size + i);
      sums.weight += static_cast<std::uint64_t>(std::popcount(both)) << plane;
    }
  }
  return sums;
}

std::int32_t multiply_numbers(const std::byte* numbers, const std::int16_t* weights,
                              std::size_t size) {
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const auto both = std::to_integer<std::int32_t>(numbers[i]);
    sum += (both & 15) * weights[i] + (both >> 4) * weights[size + i];
  }
  return sum;
}

double dot_float32(const std::byte* left, const std::byte* right, std::size_t count) {
  return multiply<&float32_at>(left, right, count).dot;
}

float squares_of_blocks(const float* vector, const Blocks& blocks, float* squares) {
  float least = std::numeric_limits<float>::infinity();
  const float* values = blocks.data;
  for (std::size_t block = 0; block < blocks.count; ++block, squares += Blocks::kVectors) {
    std::fill_n(squares, Blocks::kVectors, 0.0F);
    for (std::size_t i = 0; i < blocks.components; ++i, values += Blocks::kVectors) {
      for (std::size_t lane = 0; lane < Blocks::kVectors; ++lane) {
        const float difference = vector[i] - values[lane];
        squares[lane] += difference * difference;
      }
    }
    least = std::min(least, *std::min_element(squares, squares + Blocks::kVectors));
  }
  return least;
}

void walsh_hadamard(float* values, const float* signs, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) values[i] *= signs[i];
  for (std::size_t half = 1; half < size; half *= 2) {
    for (std::size_t start = 0; start < size; start += 2 * half) {
      for (std::size_t i = start; i < start + half; ++i) {
        const float a = values[i];
        const float b = values[i + half];
        values[i] = a + b;
        values[i + half] = a - b;
      }
    }
  }
}

constexpr Kernels kScalar = {"scalar",
                             &multiply<&float32_at>,
                             &multiply<&float64_at>,
                             &multiply<&float16_at>,
                             &multiply<&floatb16_at>,
                             &multiply_bytes,
                             &squares<&float32_at>,
                             &squares<&float64_at>,
                             &squares<&float16_at>,
                             &squares<&floatb16_at>,
                             &squares_float8,
                             &different_bits,
                             &weigh_bits,
                             &multiply_numbers,
                             &dot_float32,
                             &squares_of_blocks,
                             &walsh_hadamard};

}  // namespace

const Kernels& scalar_kernels() noexcept { return kScalar; }

}  // namespace libsql::vector
