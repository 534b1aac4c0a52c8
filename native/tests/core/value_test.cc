// Values: views, copies, UTF-8.
#include "libsql/value.h"

#include <limits>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

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

TEST(ValueViewTest, ReturnsZeroForOtherTypes) {
  EXPECT_EQ(ValueView("text").integer(), 0);
  EXPECT_EQ(ValueView(1).real(), 0.0);
  EXPECT_EQ(ValueView(2.5).integer(), 0);
  EXPECT_EQ(ValueView(1).bytes(), "");
}

enum Plain { plain_two = 2 };
enum class Scoped : std::int64_t { two = 2 };
struct ConvertsToText {
  operator std::string() const { return {}; }  // NOLINT(google-explicit-constructor): as a user's
};

template <typename T>
constexpr bool is_value() {
  static_assert(std::is_constructible_v<ValueView, T> == std::is_constructible_v<Value, T>);
  static_assert(std::is_convertible_v<T, ValueView> == std::is_constructible_v<ValueView, T>);
  static_assert(SqlValue<std::decay_t<T>> == std::is_constructible_v<ValueView, T>);
  return SqlValue<std::decay_t<T>>;
}

TEST(ValueTest, IsMadeFromAClosedListOfTypes) {
  static_assert(is_value<std::int8_t>() && is_value<std::uint8_t>() && is_value<short>());
  static_assert(is_value<int>() && is_value<unsigned>() && is_value<long>());
  static_assert(is_value<long long>() && is_value<bool>() && is_value<float>());
  static_assert(is_value<double>() && is_value<std::string>() && is_value<const std::string&>());
  static_assert(is_value<std::string_view>() && is_value<const char*>() && is_value<char*>());
  static_assert(is_value<const char(&)[3]>() && is_value<Blob>() && is_value<std::nullptr_t>());
  static_assert(is_value<std::nullopt_t>() && is_value<std::optional<int>>());
  static_assert(is_value<const std::optional<std::string>&>());
  static_assert(is_value<std::span<const std::byte>>() && is_value<std::span<std::byte>>());

  static_assert(!is_value<std::uint64_t>() && !is_value<unsigned long long>());
  static_assert(!is_value<char>() && !is_value<wchar_t>() && !is_value<char8_t>());
  static_assert(!is_value<char16_t>() && !is_value<char32_t>() && !is_value<Plain>());
  static_assert(!is_value<Scoped>() && !is_value<std::byte>() && !is_value<long double>());
  static_assert(!is_value<int*>() && !is_value<const void*>() && !is_value<unsigned char*>());
  static_assert(!is_value<void (*)()>() && !is_value<ConvertsToText>());
  static_assert(!is_value<std::optional<std::uint64_t>>());
  static_assert(!is_value<std::optional<std::optional<int>>>() && !is_value<std::span<int>>());
  static_assert(!is_value<std::vector<bool>::reference>());
}

TEST(ValueTest, HoldsWhatItIsMadeFrom) {
  EXPECT_EQ(std::get<std::int64_t>(Value(std::int8_t{-5})), -5);
  EXPECT_EQ(std::get<std::int64_t>(Value(4'000'000'000U)), 4'000'000'000);
  EXPECT_EQ(std::get<std::int64_t>(Value(true)), 1);
  EXPECT_EQ(std::get<double>(Value(0.5F)), 0.5);
  EXPECT_EQ(std::get<std::string>(Value("text")), "text");
  EXPECT_EQ(std::get<std::string>(Value(std::string_view("a\0b", 3))), std::string("a\0b", 3));
  EXPECT_EQ(std::get<Blob>(Value(Blob{std::byte{1}})), Blob{std::byte{1}});
  EXPECT_EQ(Value(nullptr), Value());
  EXPECT_EQ(Value(std::nullopt), Value());
}

TEST(ValueTest, AnOptionalIsNullOrItsValue) {
  EXPECT_EQ(Value(std::optional<int>()), Value());
  EXPECT_EQ(Value(std::optional<bool>(true)), Value(1));
  EXPECT_TRUE(ValueView(std::optional<double>()).is_null());
  const std::optional<std::string> text = "text";
  EXPECT_EQ(ValueView(text).bytes().data(), text->data()) << "a view is no copy";
}

TEST(ValueTest, ANullCharPointerIsNull) {
  const char* const text = nullptr;
  EXPECT_TRUE(ValueView(text).is_null());
  EXPECT_EQ(Value(text), Value());
  EXPECT_NE(Value(""), Value());
}

TEST(ValueViewTest, TruthIsOneOrZero) {
  EXPECT_EQ(ValueView(true).type(), ValueType::integer);
  EXPECT_EQ(ValueView(true).integer(), 1);
  EXPECT_EQ(ValueView(false).integer(), 0);
}

TEST(ValueViewTest, BytesOfABlobAreItsOwn) {
  const Blob blob{std::byte{1}};
  EXPECT_EQ(ValueView(blob).bytes(), "\x01");
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
