// Texts as arguments and members.
#include "libsql/text.h"

#include <string>
#include <type_traits>

#include <gmock/gmock.h>

#include "testing/matchers.h"

namespace libsql {
namespace {

using testing::throws_error;

std::string_view as_view(TextView text) { return text; }

TEST(TextViewTest, IsMadeFromEveryKindOfText) {
  const std::string owned = "owned";
  const char* const pointer = "pointer";
  EXPECT_EQ(as_view("literal"), "literal");
  EXPECT_EQ(as_view(pointer), "pointer");
  EXPECT_EQ(as_view(owned), "owned");
  EXPECT_EQ(as_view(Text("kept")), "kept");
  EXPECT_EQ(as_view(std::string_view("a\0b", 3)).size(), 3U);
  EXPECT_EQ(as_view(std::string_view()), "");
}

TEST(TextViewTest, ANullPointerIsAnErrorOfTheLibrary) {
  const char* const text = nullptr;
  EXPECT_THAT([&] { return as_view(text); },
              throws_error(ErrorKind::invalid_argument, "null pointer"));
  static_assert(!std::is_constructible_v<TextView, std::nullptr_t>);
}

TEST(TextTest, KeepsACopy) {
  std::string source = "source";
  const Text text(source);
  source = "changed";
  EXPECT_EQ(text.str(), "source");
  EXPECT_EQ(text, Text("source"));
  EXPECT_FALSE(text == Text(std::string_view("other")));
  EXPECT_TRUE(Text().empty());
  EXPECT_EQ(Text("moved").str(), "moved");
}

TEST(TextTest, ANullPointerIsAnErrorOfTheLibrary) {
  const char* const text = nullptr;
  Text kept("kept");
  EXPECT_THAT([&] { kept = text; }, throws_error(ErrorKind::invalid_argument, "null pointer"));
  EXPECT_EQ(kept.str(), "kept");
  static_assert(!std::is_constructible_v<Text, std::nullptr_t>);
}

}  // namespace
}  // namespace libsql
