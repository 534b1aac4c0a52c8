// The two 16-bit formats, bit for bit as libSQL stores them.
#ifndef LIBSQL_VECTOR_HALF_H_
#define LIBSQL_VECTOR_HALF_H_

#include <bit>
#include <cstdint>

namespace libsql::vector {

// The upper half of the float: truncated, not rounded.
[[nodiscard]] inline std::uint16_t to_bfloat16(float value) noexcept {
  return static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(value) >> 16U);
}
[[nodiscard]] inline float from_bfloat16(std::uint16_t bits) noexcept {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U);
}

// Rounds to nearest, ties to even. A value that becomes subnormal is shifted first and loses the
// bits shifted out, so that one barely above a tie counts as the tie: not what the processor's
// instruction does.
[[nodiscard]] inline std::uint16_t to_float16(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 16U) & 0x8000U;
  std::uint32_t mantissa = bits & 0x7FFFFFU;
  const std::uint32_t biased = (bits >> 23U) & 0xFFU;
  if (biased == 0xFF && mantissa != 0) return static_cast<std::uint16_t>(sign | 0x7E00U);
  constexpr int kBiasDifference = 127 - 15;
  constexpr int kInfinity = 31;
  int exponent = static_cast<int>(biased) - kBiasDifference;
  if (exponent >= kInfinity) return static_cast<std::uint16_t>(sign | 0x7C00U);
  if (exponent <= 0) {
    if (exponent < -23) return static_cast<std::uint16_t>(sign);
    mantissa = (mantissa | 0x800000U) >> static_cast<unsigned>(1 - exponent);
    exponent = 0;
  }
  mantissa += 0xFFFU + ((mantissa >> 13U) & 1U);
  // A carry out of the mantissa is the next exponent.
  return static_cast<std::uint16_t>(
      sign | ((static_cast<std::uint32_t>(exponent) << 10U) + (mantissa >> 13U)));
}

[[nodiscard]] inline float from_float16(std::uint16_t bits) noexcept {
  const std::uint32_t sign = (bits & 0x8000U) << 16U;
  const std::uint32_t magnitude = bits & 0x7FFFU;
  // The payload of a NaN is lost, as in libSQL.
  if (magnitude > 0x7C00U) return std::bit_cast<float>(sign | 0x7FC00000U);
  // Exact for subnormal numbers too: 2^112 is the difference of the two exponents' biases.
  const float scaled = std::bit_cast<float>(magnitude << 13U) * 0x1p112F;
  const std::uint32_t infinity = magnitude == 0x7C00U ? 0x7F800000U : 0U;
  return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(scaled) | infinity);
}

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_HALF_H_
