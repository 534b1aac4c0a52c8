#include "hrana/base64.h"

#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace libsql::hrana {
namespace {

std::string encoded(std::string_view bytes) {
  std::string text;
  append_base64(bytes, text);
  return text;
}

std::optional<std::string> decoded(std::string text) {
  const auto size = decode_base64(text);
  if (!size) return std::nullopt;
  text.resize(*size);
  return text;
}

TEST(Base64Test, WritesTheVectorsOfRfc4648WithoutPadding) {
  EXPECT_EQ(encoded(""), "");
  EXPECT_EQ(encoded("f"), "Zg");
  EXPECT_EQ(encoded("fo"), "Zm8");
  EXPECT_EQ(encoded("foo"), "Zm9v");
  EXPECT_EQ(encoded("foob"), "Zm9vYg");
  EXPECT_EQ(encoded("fooba"), "Zm9vYmE");
  EXPECT_EQ(encoded("foobar"), "Zm9vYmFy");
  EXPECT_EQ(encoded("\xDE\xAD\xBE\xEF"), "3q2+7w");
}

TEST(Base64Test, ReadsWithAndWithoutPadding) {
  EXPECT_EQ(decoded(""), "");
  EXPECT_EQ(decoded("Zg"), "f");
  EXPECT_EQ(decoded("Zg=="), "f");
  EXPECT_EQ(decoded("Zm8"), "fo");
  EXPECT_EQ(decoded("Zm8="), "fo");
  EXPECT_EQ(decoded("Zm9v"), "foo");
  EXPECT_EQ(decoded("3q2+7w"), "\xDE\xAD\xBE\xEF");
}

TEST(Base64Test, RefusesWhatIsNoBase64) {
  for (const char* text : {"Z", "Zm9vY", "Zg=", "Zm8==", "=",
                           "==", "====", "Zg===", "Z===", "Zm9v=", "Zm9v====", "Zm-v", "Zm_v",
                           "Zm v", "Zm\nv", "Zh", "Zm9", "Z=g=", "Zm9\xC3"}) {
    EXPECT_EQ(decoded(text), std::nullopt) << text;
  }
}

RC_GTEST_PROP(Base64Test, ReadsWhatItWrote, (const std::string& bytes)) {
  const std::string text = encoded(bytes);
  RC_ASSERT(decoded(text) == bytes);
  RC_ASSERT(decoded(text + std::string((4 - text.size() % 4) % 4, '=')) == bytes);
}

}  // namespace
}  // namespace libsql::hrana
