// Stored forms of vectors.
#include "vector/blob.h"

#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "vector/failure.h"
#include "vector/half.h"

namespace libsql::vector {
namespace {

constexpr Element kElements[] = {Element::float32, Element::float64, Element::float1bit,
                                 Element::float8,  Element::float16, Element::floatb16};

View view(const std::string& bytes) { return view_blob(std::as_bytes(std::span(bytes))); }

TEST(VectorBlobTest, AllHalvesSurviveTheWayThroughFloats) {
  for (unsigned bits = 0; bits <= 0xFFFF; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    EXPECT_EQ(to_bfloat16(from_bfloat16(half)), half);
    const bool is_nan = (bits & 0x7FFFU) > 0x7C00U;
    EXPECT_EQ(to_float16(from_float16(half)), is_nan ? (bits & 0x8000U) | 0x7E00U : bits);
  }
}

TEST(VectorBlobTest, ASubnormalHalfLosesTheBitsShiftedOutBeforeItIsRounded) {
  EXPECT_EQ(to_float16(2.9802325e-08F), 0x0000);
  EXPECT_EQ(to_float16(8.940697e-08F), 0x0002);
  EXPECT_EQ(to_float16(65520.0F), 0x7C00);
  EXPECT_EQ(to_float16(65519.0F), 0x7BFF);
}

RC_GTEST_PROP(VectorBlobTest, AVectorOfAnyTypeHasItsDimensionsAndComesBackUnchanged,
              (const std::vector<float>& values)) {
  for (const Element element : kElements) {
    const std::string bytes = to_blob(element, values);
    const View stored = view(bytes);
    RC_ASSERT(stored.element == element);
    RC_ASSERT(stored.dimensions == values.size());
    RC_ASSERT(convert(stored, element) == bytes);
    RC_ASSERT(to_floats(stored).size() == values.size());
  }
}

RC_GTEST_PROP(VectorBlobTest, AnyBytesAreAVectorOrRefused, (const std::vector<char>& bytes)) {
  const std::string blob(bytes.begin(), bytes.end());
  try {
    const View stored = view(blob);
    for (const Element element : kElements) {
      const std::string converted = convert(stored, element);
      RC_ASSERT(view(converted).dimensions == stored.dimensions);
    }
  } catch (const Failure& failure) {
    RC_ASSERT(std::string_view(failure.what()).starts_with("vector: "));
  }
}

}  // namespace
}  // namespace libsql::vector
