#include "vector/sketch.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>

#include "vector/kernels.h"

namespace libsql::vector {

namespace {

constexpr int kRounds = 3;
constexpr std::size_t kFewestBits = 64;
constexpr int kPlanes = 4;
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

std::vector<float> random_signs(std::size_t count) {
  std::vector<float> signs(count);
  std::uint64_t state = count;
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (i % 64 == 0) bits = next_random(state);
    signs[i] = ((bits >> (i % 64)) & 1U) != 0 ? 1.0F : -1.0F;
  }
  return signs;
}

// In place; the length of `values` is a power of two. Multiplies lengths by its root.
void walsh_hadamard(std::span<float> values) {
  for (std::size_t half = 1; half < values.size(); half *= 2) {
    for (std::size_t start = 0; start < values.size(); start += 2 * half) {
      float* const low = values.data() + start;
      float* const high = low + half;
      for (std::size_t i = 0; i < half; ++i) {
        const float a = low[i];
        const float b = high[i];
        low[i] = a + b;
        high[i] = a - b;
      }
    }
  }
}

std::size_t bits_for(std::size_t dimensions) noexcept {
  return std::max(kFewestBits, std::bit_ceil(dimensions));
}

double dot(std::span<const float> left, std::span<const float> right) {
  return kernels()
      .multiply_float32(std::as_bytes(left).data(), std::as_bytes(right).data(), left.size())
      .dot;
}

}  // namespace

std::optional<std::vector<float>> regular(const View& vector, Metric metric) {
  std::vector<float> values = to_floats(vector);
  const auto square = static_cast<float>(dot(values, values));
  if (metric == Metric::l2) {
    if (!std::isfinite(square)) return std::nullopt;
    return values;
  }
  if (!std::isnormal(square)) return std::nullopt;
  const float scale = 1 / std::sqrt(square);
  for (float& value : values) value *= scale;
  return values;
}

Sketcher::Sketcher(Metric metric, std::vector<float> mean)
    : metric_(metric),
      mean_(std::move(mean)),
      bits_(bits_for(mean_.size())),
      signs_(random_signs(kRounds * bits_)) {}

std::size_t Sketcher::size_for(std::size_t dimensions) noexcept {
  return 2 * sizeof(float) + bits_for(dimensions) / 8;
}

std::vector<float> Sketcher::rotated(std::span<const float> vector) const {
  std::vector<float> values(bits_);
  for (std::size_t i = 0; i < vector.size(); ++i) values[i] = vector[i] - mean_[i];
  const float scale = 1 / std::sqrt(static_cast<float>(bits_));
  for (int round = 0; round < kRounds; ++round) {
    const float* const signs = signs_.data() + static_cast<std::size_t>(round) * bits_;
    for (std::size_t i = 0; i < bits_; ++i) values[i] *= signs[i] * scale;
    walsh_hadamard(values);
  }
  return values;
}

std::string Sketcher::sketch(std::span<const float> regular) const {
  const std::vector<float> turned = rotated(regular);
  float squares = 0;
  float absolutes = 0;
  std::string sketch(size(), '\0');
  char* const bits = sketch.data() + 2 * sizeof(float);
  for (std::size_t i = 0; i < bits_; ++i) {
    squares += turned[i] * turned[i];
    absolutes += std::abs(turned[i]);
    if (turned[i] > 0) bits[i / 8] = static_cast<char>(bits[i / 8] | (1 << (i % 8)));
  }
  // Of the mean itself, which has no direction, the estimate is the addend alone.
  const float factor = absolutes > 0 ? squares / absolutes : 0;
  auto addend = static_cast<float>(dot(regular, mean_));
  if (metric_ == Metric::l2) addend -= static_cast<float>(dot(regular, regular)) / 2;
  if (!std::isfinite(factor) || !std::isfinite(addend)) return {};
  std::memcpy(sketch.data(), &factor, sizeof factor);
  std::memcpy(sketch.data() + sizeof factor, &addend, sizeof addend);
  return sketch;
}

SketchQuery::SketchQuery(const Sketcher& sketcher, std::span<const float> query)
    : size_(sketcher.bits_ / 8), planes_(kPlanes * size_) {
  const std::vector<float> turned = sketcher.rotated(query);
  const auto [lowest, highest] = std::minmax_element(turned.begin(), turned.end());
  lowest_ = *lowest;
  step_ = (*highest - *lowest) / kLevels;
  for (std::size_t i = 0; i < turned.size(); ++i) {
    const float level = step_ > 0 ? (turned[i] - lowest_) / step_ + 0.5F : 0;
    const int rounded = std::clamp(static_cast<int>(level), 0, kLevels);
    sum_ += lowest_ + step_ * static_cast<float>(rounded);
    for (int plane = 0; plane < kPlanes; ++plane) {
      if (((rounded >> plane) & 1) == 0) continue;
      planes_[static_cast<std::size_t>(plane) * size_ + i / 8] |= std::byte{1} << (i % 8);
    }
  }
}

float SketchQuery::estimate(std::string_view sketch) const noexcept {
  float factor = 0;
  float addend = 0;
  std::memcpy(&factor, sketch.data(), sizeof factor);
  std::memcpy(&addend, sketch.data() + sizeof factor, sizeof addend);
  const auto* const bits = reinterpret_cast<const std::byte*>(sketch.data() + 2 * sizeof factor);
  const WeightedBits sums = kernels().weigh_bits(bits, planes_.data(), size_);
  const float positive =
      lowest_ * static_cast<float>(sums.count) + step_ * static_cast<float>(sums.weight);
  return factor * (2 * positive - sum_) + addend;
}

}  // namespace libsql::vector
