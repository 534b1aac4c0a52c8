#include "vector/sketch.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <utility>

namespace libsql::vector {

namespace {

constexpr std::size_t kRounds = 3;
constexpr std::size_t kFewestComponents = 64;
constexpr std::size_t kHead = 2 * sizeof(float);  // Factor and addend.

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
      components_(components_for(mean_.size())),
      signs_(random_signs(kRounds * components_, 1 / std::sqrt(static_cast<float>(components_)))) {}

std::size_t Sketcher::components_for(std::size_t dimensions) noexcept {
  return std::max(kFewestComponents, std::bit_ceil(dimensions));
}

std::size_t Sketcher::size_for(std::size_t dimensions) noexcept {
  return kHead + code_size(components_for(dimensions));
}

std::vector<float> Sketcher::turned(std::span<const float> regular) const {
  std::vector<float> values(components_);
  for (std::size_t i = 0; i < regular.size(); ++i) values[i] = regular[i] - mean_[i];
  for (std::size_t round = 0; round < kRounds; ++round) {
    kernels().walsh_hadamard(values.data(), signs_.data() + round * components_, components_);
  }
  return values;
}

// With o the vector, c the centre, q the query, m the mean, R the rotation and k the code's
// numbers: half the square of o - q is that of q - c, plus that of o - c, less (o - c)(q - c). The
// latter is about f times the product of k and R(q - c), which is R(q - m) - R(c - m), as R is
// linear. So a query is rotated once for all lists, and what c and o determine is the addend.
std::string Sketcher::sketch(std::span<const float> turned, std::span<const float> centre) {
  float squares = 0;
  for (std::size_t i = 0; i < turned.size(); ++i) {
    squares += (turned[i] - centre[i]) * (turned[i] - centre[i]);
  }
  std::string sketch(kHead + code_size(turned.size()), '\0');
  const auto code = std::as_writable_bytes(std::span(sketch)).subspan(kHead);
  const CodeSums sums = write_code(turned, centre, code);
  // Of the centre itself, which has no direction, the estimate is the addend alone.
  const float factor = sums.with_difference > 0 ? squares / sums.with_difference : 0;
  const float addend = squares / 2 + factor * sums.with_centre;
  std::memcpy(sketch.data(), &factor, sizeof factor);
  std::memcpy(sketch.data() + sizeof factor, &addend, sizeof addend);
  return sketch;
}

SketchQuery::SketchQuery(std::span<const float> turned) : query_(turned) {}

SketchQuery::List SketchQuery::in_list(float square) const noexcept {
  return {square / 2, std::sqrt(query_.variance() * square + query_.rounding())};
}

Estimate SketchQuery::estimate(std::string_view sketch, const List& list) const noexcept {
  float factor = 0;
  float addend = 0;
  std::memcpy(&factor, sketch.data(), sizeof factor);
  std::memcpy(&addend, sketch.data() + sizeof factor, sizeof addend);
  const auto* const code = reinterpret_cast<const std::byte*>(sketch.data() + kHead);
  return {list.half_square + addend - factor * query_.product(code), factor * list.deviation};
}

}  // namespace libsql::vector
