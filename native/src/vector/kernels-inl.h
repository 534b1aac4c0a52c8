// The kernels, for the instruction set that HWY_TARGET names: included once for each by Highway's
// foreach_target.h. See kernels.h.
#if defined(LIBSQL_VECTOR_KERNELS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LIBSQL_VECTOR_KERNELS_INL_H_
#undef LIBSQL_VECTOR_KERNELS_INL_H_
#else
#define LIBSQL_VECTOR_KERNELS_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

#include "vector/half.h"
#include "vector/kernels.h"

// A vector of one lane is no vector: scalar_kernels.cc does better.
#if HWY_TARGET != HWY_SCALAR

HWY_BEFORE_NAMESPACE();
namespace libsql::vector::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
using Doubles = hn::ScalableTag<double>;

// How components are read: a full vector of them, from unaligned memory.
struct ReadFloat32 {
  using D = Floats;
  static constexpr std::size_t kSize = 4;
  static HWY_INLINE hn::Vec<D> read(D d, const std::byte* place) {
    return hn::LoadU(d, reinterpret_cast<const float*>(place));
  }
};

struct ReadFloat64 {
  using D = Doubles;
  static constexpr std::size_t kSize = 8;
  static HWY_INLINE hn::Vec<D> read(D d, const std::byte* place) {
    return hn::LoadU(d, reinterpret_cast<const double*>(place));
  }
};

// The 16 bits of each component in the lower half of a lane.
HWY_INLINE hn::Vec<hn::Rebind<std::uint32_t, Floats>> read_16_bits(Floats /*d*/,
                                                                   const std::byte* place) {
  const hn::Rebind<std::uint32_t, Floats> wide;
  const hn::Rebind<std::uint16_t, Floats> narrow;
  return hn::PromoteTo(wide, hn::LoadU(narrow, reinterpret_cast<const std::uint16_t*>(place)));
}

struct ReadFloatB16 {
  using D = Floats;
  static constexpr std::size_t kSize = 2;
  static HWY_INLINE hn::Vec<D> read(D d, const std::byte* place) {
    return hn::BitCast(d, hn::ShiftLeft<16>(read_16_bits(d, place)));
  }
};

// As from_float16(), so that all targets give its bits: Highway's own conversion does not, where
// the processor has none.
struct ReadFloat16 {
  using D = Floats;
  static constexpr std::size_t kSize = 2;
  static HWY_INLINE hn::Vec<D> read(D d, const std::byte* place) {
    const hn::Rebind<std::uint32_t, D> du;
    const auto bits = read_16_bits(d, place);
    const auto magnitude = hn::And(bits, hn::Set(du, 0x7FFF));
    const auto scaled = hn::Mul(hn::BitCast(d, hn::ShiftLeft<13>(magnitude)), hn::Set(d, 0x1p112F));
    const auto sign = hn::ShiftLeft<16>(hn::And(bits, hn::Set(du, 0x8000)));
    const auto inf_or_nan =
        hn::IfThenElseZero(hn::Gt(magnitude, hn::Set(du, 0x7BFF)), hn::Set(du, 0x7F800000));
    return hn::BitCast(d, hn::Or(hn::Or(hn::BitCast(du, scaled), sign), inf_or_nan));
  }
};

// The last components, as many as a vector holds or fewer with zeros behind them.
template <class Read>
HWY_INLINE hn::Vec<typename Read::D> read_rest(typename Read::D d, const std::byte* place,
                                               std::size_t count) {
  if (count == hn::Lanes(d)) return Read::read(d, place);
  HWY_ALIGN std::byte rest[Read::kSize * hn::MaxLanes(typename Read::D())] = {};
  std::memcpy(rest, place, Read::kSize * count);
  return Read::read(d, rest);
}

// The lanes as doubles, added in pairs: in steps of vectors, because one by one they would take
// longer than a loop over a few hundred components.
HWY_INLINE hn::Vec<Doubles> as_doubles(Floats /*d*/, hn::Vec<Floats> v) {
  const hn::Half<Floats> half;
  const Doubles wide;
  return hn::Add(hn::PromoteTo(wide, hn::LowerHalf(half, v)),
                 hn::PromoteTo(wide, hn::UpperHalf(half, v)));
}
HWY_INLINE hn::Vec<Doubles> as_doubles(Doubles /*d*/, hn::Vec<Doubles> v) { return v; }

// The sum of the lanes of two vectors, as a double.
template <class D>
HWY_INLINE double total(D d, hn::Vec<D> v, hn::Vec<D> w) {
  const Doubles wide;
  return hn::GetLane(hn::SumOfLanes(wide, hn::Add(as_doubles(d, v), as_doubles(d, w))));
}

// Six independent sums: additions wait for each other, loads do not.
template <class Read>
Products multiply(const std::byte* left, const std::byte* right, std::size_t count) {
  using D = typename Read::D;
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t step = lanes * Read::kSize;
  auto dot0 = hn::Zero(d);
  auto dot1 = dot0;
  auto left0 = dot0;
  auto left1 = dot0;
  auto right0 = dot0;
  auto right1 = dot0;
  std::size_t i = 0;
  for (; i + 2 * lanes <= count; i += 2 * lanes, left += 2 * step, right += 2 * step) {
    const auto a0 = Read::read(d, left);
    const auto b0 = Read::read(d, right);
    const auto a1 = Read::read(d, left + step);
    const auto b1 = Read::read(d, right + step);
    dot0 = hn::MulAdd(a0, b0, dot0);
    left0 = hn::MulAdd(a0, a0, left0);
    right0 = hn::MulAdd(b0, b0, right0);
    dot1 = hn::MulAdd(a1, b1, dot1);
    left1 = hn::MulAdd(a1, a1, left1);
    right1 = hn::MulAdd(b1, b1, right1);
  }
  while (i < count) {
    const std::size_t n = count - i < lanes ? count - i : lanes;
    const auto a = read_rest<Read>(d, left, n);
    const auto b = read_rest<Read>(d, right, n);
    dot0 = hn::MulAdd(a, b, dot0);
    left0 = hn::MulAdd(a, a, left0);
    right0 = hn::MulAdd(b, b, right0);
    i += n;
    left += n * Read::kSize;
    right += n * Read::kSize;
  }
  return {total(d, dot0, dot1), total(d, left0, left1), total(d, right0, right1)};
}

inline double dot_float32(const std::byte* left, const std::byte* right, std::size_t count) {
  using Read = ReadFloat32;
  const Floats d;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t step = lanes * Read::kSize;
  auto sum0 = hn::Zero(d);
  auto sum1 = sum0;
  auto sum2 = sum0;
  auto sum3 = sum0;
  std::size_t i = 0;
  for (; i + 4 * lanes <= count; i += 4 * lanes, left += 4 * step, right += 4 * step) {
    sum0 = hn::MulAdd(Read::read(d, left), Read::read(d, right), sum0);
    sum1 = hn::MulAdd(Read::read(d, left + step), Read::read(d, right + step), sum1);
    sum2 = hn::MulAdd(Read::read(d, left + 2 * step), Read::read(d, right + 2 * step), sum2);
    sum3 = hn::MulAdd(Read::read(d, left + 3 * step), Read::read(d, right + 3 * step), sum3);
  }
  while (i < count) {
    const std::size_t n = count - i < lanes ? count - i : lanes;
    sum0 = hn::MulAdd(read_rest<Read>(d, left, n), read_rest<Read>(d, right, n), sum0);
    i += n;
    left += n * Read::kSize;
    right += n * Read::kSize;
  }
  // In single precision: it is called for each of many centres, and adding the lanes one by one as
  // doubles would take longer than the loop.
  const auto sum = hn::Add(hn::Add(sum0, sum1), hn::Add(sum2, sum3));
  return static_cast<double>(hn::GetLane(hn::SumOfLanes(d, sum)));
}

template <class D>
HWY_INLINE hn::Vec<D> add_square(hn::Vec<D> a, hn::Vec<D> b, hn::Vec<D> sum) {
  const auto difference = hn::Sub(a, b);
  return hn::MulAdd(difference, difference, sum);
}

template <class Read>
double squares(const std::byte* left, const std::byte* right, std::size_t count) {
  using D = typename Read::D;
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t step = lanes * Read::kSize;
  auto sum0 = hn::Zero(d);
  auto sum1 = sum0;
  auto sum2 = sum0;
  auto sum3 = sum0;
  std::size_t i = 0;
  for (; i + 4 * lanes <= count; i += 4 * lanes, left += 4 * step, right += 4 * step) {
    sum0 = add_square<D>(Read::read(d, left), Read::read(d, right), sum0);
    sum1 = add_square<D>(Read::read(d, left + step), Read::read(d, right + step), sum1);
    sum2 = add_square<D>(Read::read(d, left + 2 * step), Read::read(d, right + 2 * step), sum2);
    sum3 = add_square<D>(Read::read(d, left + 3 * step), Read::read(d, right + 3 * step), sum3);
  }
  while (i < count) {
    const std::size_t n = count - i < lanes ? count - i : lanes;
    sum0 = add_square<D>(read_rest<Read>(d, left, n), read_rest<Read>(d, right, n), sum0);
    i += n;
    left += n * Read::kSize;
    right += n * Read::kSize;
  }
  return total(d, sum0, sum1) + total(d, sum2, sum3);
}

// float8 components as floats. Its zero byte is not the number zero: the rest is calculated one by
// one.
HWY_INLINE hn::Vec<Floats> read_scaled(Floats d, const Scaled& v, std::size_t index) {
  const hn::Rebind<std::int32_t, Floats> whole;
  const hn::Rebind<std::uint8_t, Floats> bytes;
  const auto q =
      hn::PromoteTo(whole, hn::LoadU(bytes, reinterpret_cast<const std::uint8_t*>(v.data + index)));
  return hn::MulAdd(hn::ConvertTo(d, q), hn::Set(d, v.alpha), hn::Set(d, v.shift));
}

inline double squares_float8(const Scaled& left, const Scaled& right, std::size_t count) {
  const Floats d;
  const std::size_t lanes = hn::Lanes(d);
  auto sum0 = hn::Zero(d);
  auto sum1 = sum0;
  std::size_t i = 0;
  for (; i + 2 * lanes <= count; i += 2 * lanes) {
    sum0 = add_square<Floats>(read_scaled(d, left, i), read_scaled(d, right, i), sum0);
    sum1 =
        add_square<Floats>(read_scaled(d, left, i + lanes), read_scaled(d, right, i + lanes), sum1);
  }
  double rest = 0;
  for (; i < count; ++i) {
    const float a =
        left.alpha * static_cast<float>(std::to_integer<int>(left.data[i])) + left.shift;
    const float b =
        right.alpha * static_cast<float>(std::to_integer<int>(right.data[i])) + right.shift;
    rest += static_cast<double>((a - b) * (a - b));
  }
  return total(d, sum0, sum1) + rest;
}

// Products of bytes in 32-bit lanes. Of the 65536 components that a vector may have, a lane adds up
// at most a quarter: less than 2^31.
struct ByteSums {
  using Words = hn::ScalableTag<std::int16_t>;
  using Sums = hn::RepartitionToWide<Words>;
  // Given by the caller: GCC compiles implicit constructors for no instruction set.
  hn::Vec<Sums> low;
  hn::Vec<Sums> high;

  HWY_INLINE void add(hn::Vec<Words> a, hn::Vec<Words> b) {
    low = hn::ReorderWidenMulAccumulate(Sums(), a, b, low, high);
  }
  HWY_INLINE std::uint64_t total() const {
    HWY_ALIGN std::int32_t lanes[hn::MaxLanes(Sums())];
    std::uint64_t sum = 0;
    for (const auto& part : {low, high}) {
      hn::Store(part, Sums(), lanes);
      for (std::size_t i = 0; i < hn::Lanes(Sums()); ++i) {
        sum += static_cast<std::uint32_t>(lanes[i]);
      }
    }
    return sum;
  }
};

inline ByteProducts multiply_bytes(const std::byte* left, const std::byte* right,
                                   std::size_t count) {
  using Words = ByteSums::Words;
  const Words d;
  const hn::Rebind<std::uint8_t, Words> bytes;
  const std::size_t lanes = hn::Lanes(d);
  const auto one = hn::Set(d, 1);
  const auto zero = hn::Zero(ByteSums::Sums());
  ByteSums dot{zero, zero};
  ByteSums left_squares{zero, zero};
  ByteSums right_squares{zero, zero};
  ByteSums left_sum{zero, zero};
  ByteSums right_sum{zero, zero};
  HWY_ALIGN std::uint8_t rest[2][hn::MaxLanes(Words())] = {};
  for (std::size_t i = 0; i < count; i += lanes) {
    const auto* a_place = reinterpret_cast<const std::uint8_t*>(left + i);
    const auto* b_place = reinterpret_cast<const std::uint8_t*>(right + i);
    if (count - i < lanes) {
      std::memcpy(rest[0], a_place, count - i);
      std::memcpy(rest[1], b_place, count - i);
      a_place = rest[0];
      b_place = rest[1];
    }
    const auto a = hn::PromoteTo(d, hn::LoadU(bytes, a_place));
    const auto b = hn::PromoteTo(d, hn::LoadU(bytes, b_place));
    dot.add(a, b);
    left_squares.add(a, a);
    right_squares.add(b, b);
    left_sum.add(a, one);
    right_sum.add(b, one);
  }
  return {dot.total(), left_squares.total(), right_squares.total(), left_sum.total(),
          right_sum.total()};
}

inline std::uint64_t different_bits(const std::byte* left, const std::byte* right,
                                    std::size_t count) {
  using D = hn::ScalableTag<std::uint64_t>;
  const D d;
  const std::size_t step = hn::Lanes(d) * sizeof(std::uint64_t);
  const std::size_t size = (count + 7) / 8;
  HWY_ALIGN std::uint64_t a[hn::MaxLanes(D())] = {};
  HWY_ALIGN std::uint64_t b[hn::MaxLanes(D())] = {};
  auto sum = hn::Zero(d);
  std::size_t i = 0;
  for (; i + step < size; i += step) {
    const auto x = hn::LoadU(d, reinterpret_cast<const std::uint64_t*>(left + i));
    const auto y = hn::LoadU(d, reinterpret_cast<const std::uint64_t*>(right + i));
    sum = hn::Add(sum, hn::PopulationCount(hn::Xor(x, y)));
  }
  if (size > i) {
    std::memcpy(a, left + i, size - i);
    std::memcpy(b, right + i, size - i);
    // Bits behind the last component do not count.
    if (count % 8 != 0) {
      const auto unused = static_cast<unsigned char>(0xFFU << (count % 8));
      reinterpret_cast<unsigned char*>(a)[size - i - 1] |= unused;
      reinterpret_cast<unsigned char*>(b)[size - i - 1] |= unused;
    }
    sum = hn::Add(sum, hn::PopulationCount(hn::Xor(hn::Load(d, a), hn::Load(d, b))));
  }
  hn::Store(sum, d, a);
  std::uint64_t result = 0;
  for (std::size_t lane = 0; lane < hn::Lanes(d); ++lane) result += a[lane];
  return result;
}

inline WeightedBits weigh_bits(const std::byte* bits, const std::byte* planes, std::size_t size) {
  using D = hn::ScalableTag<std::uint64_t>;
  const D d;
  const std::size_t step = hn::Lanes(d) * sizeof(std::uint64_t);
  auto count = hn::Zero(d);
  auto weight = count;
  const auto shared = [&](hn::Vec<D> word, std::size_t plane, std::size_t i) HWY_ATTR {
    const auto* place = reinterpret_cast<const std::uint64_t*>(planes + plane * size + i);
    return hn::PopulationCount(hn::And(word, hn::LoadU(d, place)));
  };
  std::size_t i = 0;
  for (; i + step <= size; i += step) {
    const auto word = hn::LoadU(d, reinterpret_cast<const std::uint64_t*>(bits + i));
    count = hn::Add(count, hn::PopulationCount(word));
    auto sum = shared(word, 3, i);
    sum = hn::Add(hn::Add(sum, sum), shared(word, 2, i));
    sum = hn::Add(hn::Add(sum, sum), shared(word, 1, i));
    sum = hn::Add(hn::Add(sum, sum), shared(word, 0, i));
    weight = hn::Add(weight, sum);
  }
  HWY_ALIGN std::uint64_t counts[hn::MaxLanes(D())];
  HWY_ALIGN std::uint64_t weights[hn::MaxLanes(D())];
  hn::Store(count, d, counts);
  hn::Store(weight, d, weights);
  WeightedBits sums;
  for (std::size_t lane = 0; lane < hn::Lanes(d); ++lane) {
    sums.count += counts[lane];
    sums.weight += weights[lane];
  }
  for (; i < size; i += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bits + i, sizeof word);
    sums.count += static_cast<std::uint64_t>(__builtin_popcountll(word));
    for (std::size_t plane = 0; plane < 4; ++plane) {
      std::uint64_t both = 0;
      std::memcpy(&both, planes + plane * size + i, sizeof both);
      sums.weight += static_cast<std::uint64_t>(__builtin_popcountll(word & both)) << plane;
    }
  }
  return sums;
}

inline std::int32_t multiply_numbers(const std::byte* numbers, const std::int16_t* weights,
                                     std::size_t size) {
  const hn::CappedTag<std::int16_t, 32> d;
  const hn::Rebind<std::uint8_t, decltype(d)> narrow;
  const hn::RepartitionToWide<decltype(d)> wide;
  const std::size_t lanes = hn::Lanes(d);
  const auto lower = hn::Set(d, 15);
  auto sum0 = hn::Zero(wide);
  auto sum1 = sum0;
  for (std::size_t i = 0; i < size; i += lanes) {
    const auto* place = reinterpret_cast<const std::uint8_t*>(numbers + i);
    const auto both = hn::PromoteTo(d, hn::LoadU(narrow, place));
    sum0 = hn::ReorderWidenMulAccumulate(wide, hn::And(both, lower), hn::LoadU(d, weights + i),
                                         sum0, sum1);
    sum0 = hn::ReorderWidenMulAccumulate(wide, hn::ShiftRight<4>(both),
                                         hn::LoadU(d, weights + size + i), sum0, sum1);
  }
  return hn::GetLane(hn::SumOfLanes(wide, hn::Add(sum0, sum1)));
}

// Two independent sums for each lane.
inline float squares_of_blocks(const float* vector, const Blocks& blocks, float* squares) {
  const hn::CappedTag<float, Blocks::kVectors> d;
  auto least = hn::Set(d, std::numeric_limits<float>::infinity());
  const std::size_t size = blocks.components * Blocks::kVectors;
  for (std::size_t block = 0; block < blocks.count; ++block) {
    for (std::size_t lane = 0; lane < Blocks::kVectors; lane += hn::Lanes(d)) {
      const float* place = blocks.data + block * size + lane;
      auto sum0 = hn::Zero(d);
      auto sum1 = sum0;
      std::size_t i = 0;
      for (; i + 2 <= blocks.components; i += 2, place += 2 * Blocks::kVectors) {
        const auto second = hn::LoadU(d, place + Blocks::kVectors);
        const auto difference0 = hn::Sub(hn::LoadU(d, place), hn::Set(d, vector[i]));
        const auto difference1 = hn::Sub(second, hn::Set(d, vector[i + 1]));
        sum0 = hn::MulAdd(difference0, difference0, sum0);
        sum1 = hn::MulAdd(difference1, difference1, sum1);
      }
      if (i < blocks.components) {
        const auto difference = hn::Sub(hn::LoadU(d, place), hn::Set(d, vector[i]));
        sum0 = hn::MulAdd(difference, difference, sum0);
      }
      sum0 = hn::Add(sum0, sum1);
      least = hn::Min(least, sum0);
      hn::StoreU(sum0, d, squares + block * Blocks::kVectors + lane);
    }
  }
  return hn::GetLane(hn::MinOfLanes(d, least));
}

// Sums and differences of components that are `half` apart; D has no more lanes than that.
template <class D>
HWY_INLINE void butterflies(D d, float* values, std::size_t size, std::size_t half) {
  for (std::size_t start = 0; start < size; start += 2 * half) {
    for (std::size_t i = start; i < start + half; i += hn::Lanes(d)) {
      const auto a = hn::LoadU(d, values + i);
      const auto b = hn::LoadU(d, values + i + half);
      hn::StoreU(hn::Add(a, b), d, values + i);
      hn::StoreU(hn::Sub(a, b), d, values + i + half);
    }
  }
}

inline void walsh_hadamard(float* values, const float* signs, std::size_t size) {
  const Floats d;
  const hn::CappedTag<float, 4> d4;
  const hn::CappedTag<float, 8> d8;
  HWY_ALIGN constexpr float kSecond[4] = {1, -1, 1, -1};
  HWY_ALIGN constexpr float kUpper[4] = {1, 1, -1, -1};
  const auto second = hn::Load(d4, kSecond);
  const auto upper = hn::Load(d4, kUpper);
  for (std::size_t i = 0; i < size; i += 4) {
    auto v = hn::Mul(hn::LoadU(d4, values + i), hn::LoadU(d4, signs + i));
    v = hn::Add(hn::Shuffle2301(v), hn::Mul(v, second));
    v = hn::Add(hn::Shuffle1032(v), hn::Mul(v, upper));
    hn::StoreU(v, d4, values + i);
  }
  butterflies(d4, values, size, 4);
  butterflies(d8, values, size, 8);
  for (std::size_t half = 16; half < size; half *= 2) butterflies(d, values, size, half);
}

inline constexpr Kernels kKernels = {HWY_STR(HWY_NAMESPACE),
                                     &multiply<ReadFloat32>,
                                     &multiply<ReadFloat64>,
                                     &multiply<ReadFloat16>,
                                     &multiply<ReadFloatB16>,
                                     &multiply_bytes,
                                     &squares<ReadFloat32>,
                                     &squares<ReadFloat64>,
                                     &squares<ReadFloat16>,
                                     &squares<ReadFloatB16>,
                                     &squares_float8,
                                     &different_bits,
                                     &weigh_bits,
                                     &multiply_numbers,
                                     &dot_float32,
                                     &squares_of_blocks,
                                     &walsh_hadamard};

}  // namespace libsql::vector::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // HWY_TARGET != HWY_SCALAR

#endif  // the toggled guard
