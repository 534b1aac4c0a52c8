// Values: views, copies, UTF-8.
#include "libsql/value.h"

#include <limits>
#include <string>
#include <type_traits>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace libsql {
namespace {

TEST(ValueViewTest, HoldsEachType) {
  EXPECT_TRUE(ValueView().is_null());
  EXPECT_TRUE(ValueView(nullptr).is_null());
  EXPECT_EQ(ValueView(42).integer(), 42);
  EXPECT_EQ(ValueView(std::numeric_limits<std::int64_t>::min()).integer(),
            std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(ValueView(std::uint32_t{4'000'000'000}).integer(), 4'000'000'000);
  EXPECT_EQ(ValueView(2.5).real(), 2.5);
  EXPECT_EQ(ValueView("text").bytes(), "text");
  EXPECT_EQ(ValueView(std::string("owned")).type(), ValueType::text);
  EXPECT_EQ(ValueView::blob("bytes").type(), ValueType::blob);
}

TEST(ValueViewTest, AnswersZeroForOtherTypes) {
  EXPECT_EQ(ValueView("text").integer(), 0);
  EXPECT_EQ(ValueView(1).real(), 0.0);
  EXPECT_EQ(ValueView(2.5).integer(), 0);
  EXPECT_EQ(ValueView(1).bytes(), "");
}

TEST(ValueViewTest, RefusesTypesThatSqlDoesNotHave) {
  static_assert(!std::is_constructible_v<ValueView, bool>);
  static_assert(!std::is_constructible_v<ValueView, std::uint64_t>);
  static_assert(std::is_constructible_v<ValueView, std::int64_t>);
  static_assert(std::is_constructible_v<ValueView, Blob>);
  EXPECT_EQ(ValueView(Blob{std::byte{1}}).bytes(), "\x01");
}

TEST(ValueViewTest, KeepsEmptyTextAndBlobApartFromNull) {
  EXPECT_EQ(ValueView("").to_value(), Value(std::string()));
  EXPECT_EQ(ValueView::blob("").to_value(), Value(Blob()));
  EXPECT_NE(ValueView("").to_value(), Value());
}

RC_GTEST_PROP(ValueViewTest, CopiesWhatItViews, ()) {
  const auto text = *rc::gen::string<std::string>();
  const auto integer = *rc::gen::arbitrary<std::int64_t>();
  const auto real = *rc::gen::arbitrary<double>();
  Blob blob;
  for (const char c : text) blob.push_back(static_cast<std::byte>(c));
  for (const Value& value : {Value(), Value(text), Value(integer), Value(real), Value(blob)}) {
    RC_ASSERT(ValueView(value).to_value() == value);
  }
}

TEST(IsUtf8Test, AcceptsWellFormedText) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("plain text, longer than eight bytes"));
  EXPECT_TRUE(is_utf8(std::string_view("a\0b", 3)));
  EXPECT_TRUE(is_utf8("\xC2\x80 \xDF\xBF \xE0\xA0\x80 \xED\x9F\xBF \xEF\xBF\xBF"));
  EXPECT_TRUE(is_utf8("\xF0\x90\x80\x80 \xF4\x8F\xBF\xBF"));
}

TEST(IsUtf8Test, RefusesMalformedText) {
  for (const std::string_view bad :
       {"\x80", "\xBF", "\xC0\xAF", "\xC1\xBF", "\xC2", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xE2\x82",
        "\xED\xA0\x80", "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80", "\xFF", "\xF0\x9F\x98", "\xC2 ", "long enough text and then \xC3("}) {
    EXPECT_FALSE(is_utf8(bad)) << ::testing::PrintToString(bad);
  }
}

// An independent encoder: what it makes is well-formed, and cutting a byte off the end is not.
std::string encode(char32_t c) {
  const auto byte = [](char32_t bits) {
    return static_cast<char>(static_cast<unsigned char>(bits));
  };
  if (c < 0x80) return {byte(c)};
  if (c < 0x800) return {byte(0xC0 | (c >> 6U)), byte(0x80 | (c & 63U))};
  if (c < 0x10000) {
    return {byte(0xE0 | (c >> 12U)), byte(0x80 | ((c >> 6U) & 63U)), byte(0x80 | (c & 63U))};
  }
  return {byte(0xF0 | (c >> 18U)), byte(0x80 | ((c >> 12U) & 63U)), byte(0x80 | ((c >> 6U) & 63U)),
          byte(0x80 | (c & 63U))};
}

TEST(IsUtf8Test, AgreesWithAnEncoderOnEveryCodePoint) {
  for (char32_t c = 0; c < 0x110000; ++c) {
    const std::string text = encode(c);
    const bool surrogate = c >= 0xD800 && c < 0xE000;
    ASSERT_EQ(is_utf8(text), !surrogate) << static_cast<std::uint32_t>(c);
    const bool cut_is_empty = text.size() == 1;
    ASSERT_EQ(is_utf8(std::string_view(text).substr(0, text.size() - 1)), cut_is_empty);
  }
}

}  // namespace
}  // namespace libsql
