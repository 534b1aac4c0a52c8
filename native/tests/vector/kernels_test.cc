// Every instruction set of this processor against plain loops.
#include "vector/kernels.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "vector/blob.h"
#include "vector/distance.h"
#include "vector/scalar_kernels.h"

namespace libsql::vector {
namespace {

constexpr Element kElements[] = {Element::float32, Element::float64, Element::float1bit,
                                 Element::float8,  Element::float16, Element::floatb16};

std::vector<float> random_vector(std::mt19937& random, std::size_t dimensions) {
  std::normal_distribution<float> normal;
  std::vector<float> values(dimensions);
  for (float& value : values) value = normal(random);
  return values;
}

// A stored vector that ends exactly at the end of its memory, at an odd address: a read behind it
// is seen by the sanitizers.
class Placed {
 public:
  explicit Placed(const std::string& bytes) : memory_(bytes.size() + 1) {
    std::memcpy(memory_.data() + 1, bytes.data(), bytes.size());
  }
  [[nodiscard]] View view() const {
    return view_blob(std::as_bytes(std::span(memory_).subspan(1)));
  }

 private:
  std::vector<char> memory_;
};

void expect_near(double got, double want, const std::string& where) {
  if (std::isnan(want)) {
    EXPECT_TRUE(std::isnan(got)) << where << ": " << got;
  } else if (std::isinf(want)) {
    EXPECT_EQ(got, want) << where;
  } else {
    EXPECT_NEAR(got, want, 1e-6 * std::max(1.0, std::abs(want))) << where;
  }
}

void expect_agreement(const std::vector<float>& left, const std::vector<float>& right) {
  for (const Element element : kElements) {
    const Placed a(to_blob(element, left));
    const Placed b(to_blob(element, right));
    for (const Kernels* const kernels : supported_kernels()) {
      const std::string where = std::string(kernels->target) + ", type " +
                                std::to_string(static_cast<int>(element)) + ", " +
                                std::to_string(left.size()) + " components";
      expect_near(cosine_distance(a.view(), b.view(), *kernels),
                  cosine_distance(a.view(), b.view(), scalar_kernels()), where);
      if (element == Element::float1bit) continue;
      expect_near(l2_distance(a.view(), b.view(), *kernels),
                  l2_distance(a.view(), b.view(), scalar_kernels()), where);
    }
  }
}

TEST(VectorKernelsTest, AllInstructionSetsAgreeForEveryLength) {
  std::mt19937 random(2026);
  for (std::size_t n = 0; n < 150; ++n) {
    expect_agreement(random_vector(random, n), random_vector(random, n));
  }
  for (const std::size_t n : {384U, 784U, 1000U, 1536U, 3072U}) {
    expect_agreement(random_vector(random, n), random_vector(random, n));
  }
}

TEST(VectorKernelsTest, AllInstructionSetsAgreeWhereSquaresOverflowOrVanish) {
  for (const float extreme : {0.0F, 1e-20F, 1e-38F, 1e30F, INFINITY, NAN}) {
    for (const std::size_t n : {1U, 2U, 5U, 16U, 33U}) {
      std::vector<float> left(n, 1.0F);
      left.back() = extreme;
      expect_agreement(left, left);
      expect_agreement(left, std::vector<float>(n, 1.0F));
      expect_agreement(std::vector<float>(n, extreme), std::vector<float>(n, extreme));
    }
  }
}

TEST(VectorKernelsTest, SumsOfBytesDoNotOverflowInTheLongestVector) {
  const std::vector<std::byte> most(kMaxDimensions, std::byte{255});
  for (const Kernels* const kernels : supported_kernels()) {
    const ByteProducts sums = kernels->multiply_bytes(most.data(), most.data(), most.size());
    EXPECT_EQ(sums.dot, 255ULL * 255 * kMaxDimensions) << kernels->target;
    EXPECT_EQ(sums.left_sum, 255ULL * kMaxDimensions) << kernels->target;
  }
}

TEST(VectorKernelsTest, BitsBehindTheLastComponentDoNotCount) {
  const std::vector<std::byte> set(40, std::byte{0xFF});
  const std::vector<std::byte> clear(40, std::byte{0});
  for (const Kernels* const kernels : supported_kernels()) {
    for (std::size_t n = 0; n <= 320; ++n) {
      ASSERT_EQ(kernels->different_bits(set.data(), clear.data(), n), n) << kernels->target;
    }
  }
}

TEST(VectorKernelsTest, ADotProductAgreesOnAllInstructionSetsForEveryLength) {
  std::mt19937 random(14);
  for (std::size_t n = 0; n < 200; ++n) {
    const Placed left(to_blob(Element::float32, random_vector(random, n)));
    const Placed right(to_blob(Element::float32, random_vector(random, n)));
    const std::byte* const a = left.view().data;
    const std::byte* const b = right.view().data;
    for (const Kernels* const kernels : supported_kernels()) {
      EXPECT_NEAR(kernels->dot_float32(a, b, n), scalar_kernels().dot_float32(a, b, n), 1e-4)
          << kernels->target << n;
    }
  }
}

TEST(VectorKernelsTest, SquaresOfBlocksAgreeOnAllInstructionSetsForEveryLength) {
  std::mt19937 random(14);
  constexpr std::size_t kBlocks = 3;
  for (std::size_t n = 0; n < 200; ++n) {
    const auto vector = random_vector(random, n);
    const auto values = random_vector(random, kBlocks * Blocks::kVectors * n);
    const Blocks blocks{values.data(), kBlocks, n};
    for (const Kernels* const kernels : supported_kernels()) {
      std::vector<float> got(kBlocks * Blocks::kVectors, -1);
      std::vector<float> want(got.size());
      const float least = kernels->squares_of_blocks(vector.data(), blocks, got.data());
      EXPECT_EQ(least, *std::ranges::min_element(got)) << kernels->target << n;
      scalar_kernels().squares_of_blocks(vector.data(), blocks, want.data());
      for (std::size_t i = 0; i < want.size(); ++i) {
        EXPECT_NEAR(got[i], want[i], 1e-3) << kernels->target << n;
      }
    }
  }
}

TEST(VectorKernelsTest, SquaresOfBlocksAreThoseOfEachVector) {
  std::mt19937 random(14);
  constexpr std::size_t kSize = 5;
  const auto vector = random_vector(random, kSize);
  const auto values = random_vector(random, Blocks::kVectors * kSize);
  std::vector<float> squares(Blocks::kVectors);
  scalar_kernels().squares_of_blocks(vector.data(), {values.data(), 1, kSize}, squares.data());
  for (std::size_t i = 0; i < Blocks::kVectors; ++i) {
    float square = 0;
    for (std::size_t at = 0; at < kSize; ++at) {
      const float difference = vector[at] - values[at * Blocks::kVectors + i];
      square += difference * difference;
    }
    EXPECT_FLOAT_EQ(squares[i], square);
  }
}

TEST(VectorKernelsTest, NumbersOfFourBitsAreMultipliedAlikeOnEveryInstructionSet) {
  std::mt19937 random(14);
  for (const std::size_t size : {32U, 64U}) {
    std::vector<std::byte> numbers(size);
    std::vector<std::int16_t> weights(2 * size);
    for (int round = 0; round < 100; ++round) {
      std::int32_t want = 0;
      for (std::size_t i = 0; i < size; ++i) {
        const auto lower = static_cast<std::int32_t>(round == 0 ? 15 : random() % 16);
        const auto upper = static_cast<std::int32_t>(round == 0 ? 15 : random() % 16);
        numbers[i] = static_cast<std::byte>(lower | (upper << 4));
        weights[i] = static_cast<std::int16_t>(round == 0 ? 32767 : random());
        weights[size + i] = static_cast<std::int16_t>(round == 0 ? 32767 : random());
        want += lower * weights[i] + upper * weights[size + i];
      }
      for (const Kernels* const kernels : supported_kernels()) {
        EXPECT_EQ(kernels->multiply_numbers(numbers.data(), weights.data(), size), want)
            << kernels->target << size;
      }
    }
  }
}

TEST(VectorKernelsTest, AHadamardTransformHasTheSameBitsOnAllInstructionSetsAndIsItsOwnInverse) {
  std::mt19937 random(14);
  for (std::size_t size = 64; size <= 4096; size *= 2) {
    const auto values = random_vector(random, size);
    const std::vector<float> scales(size, 1 / std::sqrt(static_cast<float>(size)));
    auto want = values;
    scalar_kernels().walsh_hadamard(want.data(), scales.data(), size);
    for (const Kernels* const kernels : supported_kernels()) {
      auto got = values;
      kernels->walsh_hadamard(got.data(), scales.data(), size);
      ASSERT_EQ(got, want) << kernels->target << size;
      kernels->walsh_hadamard(got.data(), scales.data(), size);
      for (std::size_t i = 0; i < size; ++i) ASSERT_NEAR(got[i], values[i], 1e-5);
    }
  }
}

TEST(VectorKernelsTest, AHalfIsTheSameNumberOnEveryInstructionSet) {
  std::vector<std::uint16_t> halves;
  for (unsigned bits = 0; bits < 0x7C00; ++bits) halves.push_back(static_cast<std::uint16_t>(bits));
  const std::vector<std::uint16_t> one(16, 0x3C00);
  for (const Kernels* const kernels : supported_kernels()) {
    for (std::size_t i = 0; i + 16 <= halves.size(); i += 16) {
      const auto* a = reinterpret_cast<const std::byte*>(halves.data() + i);
      const auto* b = reinterpret_cast<const std::byte*>(one.data());
      const double want = scalar_kernels().multiply_float16(a, b, 16).dot;
      ASSERT_NEAR(kernels->multiply_float16(a, b, 16).dot, want, want * 1e-6) << kernels->target;
    }
  }
}

}  // namespace
}  // namespace libsql::vector
