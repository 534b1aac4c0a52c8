// Characters, widths, and text that is safe to print.
#include "shell/utf8.h"

#include <clocale>

#include <gtest/gtest.h>

namespace libsql::shell {
namespace {

TEST(Utf8Test, TakesWholeCharacters) {
  std::string_view text = "a\xC3\xA9\xF0\x9F\x98\x80";
  EXPECT_EQ(take_character(text), U'a');
  EXPECT_EQ(take_character(text), U'\u00E9');
  EXPECT_EQ(take_character(text), U'\U0001F600');
  EXPECT_TRUE(text.empty());
}

TEST(Utf8Test, ReplacesMalformedBytesOneByOne) {
  // An overlong form, a surrogate, a byte that is cut off, a lone continuation.
  for (const std::string_view bad : {"\xC0\xAF", "\xED\xA0\x80", "\xE2\x82", "\x80"}) {
    std::string_view text = bad;
    EXPECT_EQ(take_character(text), kReplacement);
    EXPECT_EQ(text.size(), bad.size() - 1);
  }
}

TEST(Utf8Test, MeasuresColumns) {
  ASSERT_NE(std::setlocale(LC_CTYPE, "C.UTF-8"), nullptr);
  EXPECT_EQ(display_width("abc"), 3U);
  EXPECT_EQ(display_width("日本"), 4U);
  EXPECT_EQ(display_width("e\u0301"), 1U);  // with a combining accent
}

TEST(Utf8Test, PrintsControlCharactersAsEscapes) {
  EXPECT_EQ(printable("a\n\r\t\x1b\x7f"), "a\\n\\r\\t\\x1b\\x7f");
  EXPECT_EQ(printable("\xC2\x85"), "\\x85");
  EXPECT_EQ(printable("\xff"), "\xEF\xBF\xBD");
}

TEST(Utf8Test, ReplacesOnlyMalformedBytes) {
  EXPECT_EQ(well_formed("a\nb\xff"), "a\nb\xEF\xBF\xBD");
}

}  // namespace
}  // namespace libsql::shell
