#include "vector/sketch.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <numbers>
#include <utility>

namespace libsql::vector {

namespace {

constexpr std::size_t kRounds = 3;
constexpr std::size_t kBitsOfWord = 64;
constexpr std::size_t kFewestBits = kBitsOfWord;
constexpr std::size_t kShort = 128;
constexpr unsigned kPlanes = 4;
constexpr int kLevels = (1 << kPlanes) - 1;

// SplitMix64: the signs of the rotation are the same in each process and each version.
// Source: S. Vigna, "Further scramblings of Marsaglia's xorshift generators", 2017.
std::uint64_t next_random(std::uint64_t& state) {
  state += 0x9E3779B97F4A7C15U;
  std::uint64_t mixed = state;
  mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
  return mixed ^ (mixed >> 31U);
}

// +scale or -scale.
std::vector<float> random_signs(std::size_t count, float scale) {
  std::vector<float> signs(count);
  std::uint64_t state = count;
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (i % 64 == 0) bits = next_random(state);
    signs[i] = ((bits >> (i % 64)) & 1U) != 0 ? scale : -scale;
  }
  return signs;
}

}  // namespace

std::optional<std::vector<float>> regular(const View& vector, Metric metric) {
  std::vector<float> values = to_floats(vector);
  const auto square = static_cast<float>(
      kernels()
          .multiply_float32(std::as_bytes(std::span(values)).data(),
                            std::as_bytes(std::span(values)).data(), values.size())
          .dot);
  if (metric == Metric::l2) {
    // Of all that a sketch is calculated from, the product of a distance and the sum of 65,536
    // components is the largest.
    constexpr float kLargestSquare = std::numeric_limits<float>::max() / 4096;
    if (!(square <= kLargestSquare)) return std::nullopt;
    return values;
  }
  if (!std::isnormal(square)) return std::nullopt;
  const float scale = 1 / std::sqrt(square);
  for (float& value : values) value *= scale;
  return values;
}

Sketcher::Sketcher(std::vector<float> mean)
    : mean_(std::move(mean)),
      bits_(bits_for(mean_.size())),
      signs_(random_signs(kRounds * bits_, 1 / std::sqrt(static_cast<float>(bits_)))) {}

std::size_t Sketcher::bits_for(std::size_t dimensions) noexcept {
  // Two for each component of a short vector: estimates would be poor otherwise.
  const std::size_t components = std::bit_ceil(dimensions);
  return std::max(kFewestBits, components <= kShort ? 2 * components : components);
}

std::size_t Sketcher::size_for(std::size_t dimensions) noexcept {
  return 2 * sizeof(float) + bits_for(dimensions) / 8;
}

std::vector<float> Sketcher::turned(std::span<const float> regular) const {
  std::vector<float> values(bits_);
  for (std::size_t i = 0; i < regular.size(); ++i) values[i] = regular[i] - mean_[i];
  for (std::size_t round = 0; round < kRounds; ++round) {
    kernels().walsh_hadamard(values.data(), signs_.data() + round * bits_, bits_);
  }
  return values;
}

// With o the vector, c the centre, q the query, m the mean, R the rotation and s the signs of R(o -
// c): half the square of o - q is that of q - c, plus that of o - c, less (o - c)(q - c). The
// latter is about f times the product of s and R(q - c), which is R(q - m) - R(c - m), as R is
// linear. So a query is rotated once for all lists, and what c and o determine is the addend.
std::string Sketcher::sketch(std::span<const float> turned, std::span<const float> centre) {
  float squares = 0;
  float absolutes = 0;
  float signs_by_centre = 0;
  std::string sketch(2 * sizeof(float) + turned.size() / 8, '\0');
  char* const bits = sketch.data() + 2 * sizeof(float);
  for (std::size_t i = 0; i < turned.size(); ++i) {
    const float difference = turned[i] - centre[i];
    squares += difference * difference;
    absolutes += std::abs(difference);
    const bool positive = difference > 0;
    signs_by_centre += positive ? centre[i] : -centre[i];
    if (positive) bits[i / 8] = static_cast<char>(bits[i / 8] | (1 << (i % 8)));
  }
  // Of the centre itself, which has no direction, the estimate is the addend alone.
  const float factor = absolutes > 0 ? squares / absolutes : 0;
  const float addend = squares / 2 + factor * signs_by_centre;
  std::memcpy(sketch.data(), &factor, sizeof factor);
  std::memcpy(sketch.data() + sizeof factor, &addend, sizeof addend);
  return sketch;
}

SketchQuery::SketchQuery(std::span<const float> turned)
    : kernels_(kernels()), size_(turned.size() / 8), planes_(kPlanes * size_) {
  const auto bits = static_cast<float>(turned.size());
  const auto [lowest, highest] = std::ranges::minmax_element(turned);
  lowest_ = *lowest;
  step_ = (*highest - *lowest) / kLevels;
  // The variance of a rounding error is a twelfth of the step's square.
  rounding_ = bits * step_ * step_ / 12;
  std::array<std::uint64_t, kPlanes> words{};
  for (std::size_t i = 0; i < turned.size(); ++i) {
    const float level = step_ > 0 ? (turned[i] - lowest_) / step_ + 0.5F : 0;
    const auto rounded = static_cast<unsigned>(std::clamp(static_cast<int>(level), 0, kLevels));
    sum_ += lowest_ + step_ * static_cast<float>(rounded);
    for (unsigned plane = 0; plane < kPlanes; ++plane) {
      words[plane] |= std::uint64_t{(rounded >> plane) & 1U} << (i % kBitsOfWord);
    }
    if (i % kBitsOfWord != kBitsOfWord - 1) continue;
    for (unsigned plane = 0; plane < kPlanes; ++plane) {
      std::memcpy(&planes_[plane * size_ + i / kBitsOfWord * sizeof words[plane]], &words[plane],
                  sizeof words[plane]);
      words[plane] = 0;
    }
  }
}

// The signs of a vector of length 1 have a product of sqrt(2 / pi) with it, if they have length 1,
// too; the rest of them is at right angles to it, and its product with the query is the error.
SketchQuery::List SketchQuery::in_list(float square) const noexcept {
  constexpr float kVariance = 1 - 2 / std::numbers::pi_v<float>;
  return {square / 2, std::sqrt(kVariance * square + rounding_)};
}

Estimate SketchQuery::estimate(std::string_view sketch, const List& list) const noexcept {
  float factor = 0;
  float addend = 0;
  std::memcpy(&factor, sketch.data(), sizeof factor);
  std::memcpy(&addend, sketch.data() + sizeof factor, sizeof addend);
  const auto* const bits = reinterpret_cast<const std::byte*>(sketch.data() + 2 * sizeof factor);
  const WeightedBits sums = kernels_.weigh_bits(bits, planes_.data(), size_);
  const float positive =
      lowest_ * static_cast<float>(sums.count) + step_ * static_cast<float>(sums.weight);
  return {list.half_square + addend - factor * (2 * positive - sum_), factor * list.deviation};
}

}  // namespace libsql::vector
