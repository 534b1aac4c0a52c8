// The list of keywords agrees with the library in use.
#include "shell/keywords.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <sqlite3.h>

namespace libsql::shell {
namespace {

TEST(KeywordsTest, AreKeywordsOfSqlite) {
  for (const std::string_view word : keywords()) {
    EXPECT_EQ(sqlite3_keyword_check(word.data(), static_cast<int>(word.size())), 1) << word;
  }
}

TEST(KeywordsTest, AreSortedForTheSearch) {
  EXPECT_TRUE(std::ranges::is_sorted(keywords()));
  for (const std::string_view word : keywords()) EXPECT_TRUE(is_keyword(word)) << word;
  EXPECT_TRUE(is_keyword("Order"));
  EXPECT_FALSE(is_keyword("orders"));
}

TEST(IdentifierTextTest, QuotesKeywordsAndOtherThanPlainIdentifiers) {
  EXPECT_EQ(identifier_text("name"), "name");
  EXPECT_EQ(identifier_text("order"), "\"order\"");
  EXPECT_EQ(identifier_text("a b"), "\"a b\"");
  EXPECT_EQ(identifier_text("9x"), "\"9x\"");
}

}  // namespace
}  // namespace libsql::shell
