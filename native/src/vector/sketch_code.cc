#include "vector/sketch_code.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>

namespace libsql::vector {

namespace {

constexpr std::size_t kMostOfFour = 128;  // Components of which a code has four bits.
constexpr std::size_t kBitsOfWord = 64;
constexpr unsigned kPlanes = 4;
constexpr int kLevels = (1 << kPlanes) - 1;

// A component's number of four bits stands for this plus itself.
constexpr float kLowestNumber = -7.5F;
// Of sixteen equal steps for numbers with the standard deviation 1: the best step, and the mean
// square of the error. Source: J. Max, "Quantizing for minimum distortion", 1960.
constexpr float kBestStep = 0.3352F;
constexpr float kDistortion = 0.01154F;

bool has_four_bits(std::size_t components) noexcept { return components <= kMostOfFour; }

CodeSums write_signs(std::span<const float> vector, std::span<const float> centre,
                     std::span<std::byte> code) noexcept {
  CodeSums sums;
  for (std::size_t i = 0; i < vector.size(); ++i) {
    const float difference = vector[i] - centre[i];
    const bool positive = difference > 0;
    sums.with_difference += std::abs(difference);
    sums.with_centre += positive ? centre[i] : -centre[i];
    if (positive) code[i / 8] |= std::byte{1} << (i % 8);
  }
  return sums;
}

// The first half of the components is in the lower halves of bytes.
CodeSums write_numbers(std::span<const float> vector, std::span<const float> centre,
                       std::span<std::byte> code) noexcept {
  float squares = 0;
  for (std::size_t i = 0; i < vector.size(); ++i) {
    squares += (vector[i] - centre[i]) * (vector[i] - centre[i]);
  }
  const float step = kBestStep * std::sqrt(squares / static_cast<float>(vector.size()));
  CodeSums sums;
  for (std::size_t i = 0; i < vector.size(); ++i) {
    const float difference = vector[i] - centre[i];
    const float exact = step > 0 ? difference / step - kLowestNumber + 0.5F : 0;
    const auto number = static_cast<unsigned>(std::clamp(exact, 0.0F, 15.0F));
    const float value = kLowestNumber + static_cast<float>(number);
    sums.with_difference += value * difference;
    sums.with_centre += value * centre[i];
    const bool upper = i >= code.size();
    code[upper ? i - code.size() : i] |= static_cast<std::byte>(upper ? number << 4U : number);
  }
  return sums;
}

}  // namespace

std::size_t code_size(std::size_t components) noexcept {
  return has_four_bits(components) ? components / 2 : components / 8;
}

CodeSums write_code(std::span<const float> vector, std::span<const float> centre,
                    std::span<std::byte> code) noexcept {
  return has_four_bits(vector.size()) ? write_numbers(vector, centre, code)
                                      : write_signs(vector, centre, code);
}

CodedQuery::CodedQuery(std::span<const float> vector)
    : kernels_(kernels()), size_(code_size(vector.size())) {
  if (has_four_bits(vector.size())) {
    round_to_weights(vector);
  } else {
    round_to_planes(vector);
  }
}

void CodedQuery::round_to_weights(std::span<const float> vector) {
  constexpr float kMost = std::numeric_limits<std::int16_t>::max();
  float largest = 0;
  for (const float value : vector) largest = std::max(largest, std::abs(value));
  step_ = largest / kMost;
  weights_.reserve(vector.size());
  std::int32_t sum = 0;
  for (const float value : vector) {
    // A step that is nearly zero is not exact.
    const float exact = step_ > 0 ? std::clamp(value / step_, -kMost, kMost) : 0;
    weights_.push_back(static_cast<std::int16_t>(std::lround(exact)));
    sum += weights_.back();
  }
  sum_ = static_cast<float>(sum);
}

void CodedQuery::round_to_planes(std::span<const float> vector) {
  planes_.resize(kPlanes * size_);
  const auto [lowest, highest] = std::ranges::minmax_element(vector);
  lowest_ = *lowest;
  step_ = (*highest - *lowest) / kLevels;
  // The variance of a rounding error is a twelfth of the step's square.
  rounding_ = static_cast<float>(vector.size()) * step_ * step_ / 12;
  std::array<std::uint64_t, kPlanes> words{};
  for (std::size_t i = 0; i < vector.size(); ++i) {
    const float level = step_ > 0 ? (vector[i] - lowest_) / step_ + 0.5F : 0;
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

float CodedQuery::product(const std::byte* code) const noexcept {
  if (!weights_.empty()) {
    const std::int32_t sum = kernels_.multiply_numbers(code, weights_.data(), size_);
    return step_ * (static_cast<float>(sum) + kLowestNumber * sum_);
  }
  const WeightedBits sums = kernels_.weigh_bits(code, planes_.data(), size_);
  const float positive =
      lowest_ * static_cast<float>(sums.count) + step_ * static_cast<float>(sums.weight);
  return 2 * positive - sum_;
}

// The signs of a vector of length 1 have a product of sqrt(2 / pi) with it, if they have length 1,
// too. Rounding to the best steps leaves an error at right angles to the rounded vector.
float CodedQuery::variance() const noexcept {
  constexpr float kOfSigns = 1 - 2 / std::numbers::pi_v<float>;
  constexpr float kOfNumbers = kDistortion * (1 - kDistortion) / (kBestStep * kBestStep);
  return weights_.empty() ? kOfSigns : kOfNumbers;
}

}  // namespace libsql::vector
