// The words of a dot command.
#include "shell/words.h"

#include <gtest/gtest.h>

#include "shell/command_error.h"

namespace libsql::shell {
namespace {

using Words = std::vector<std::string>;

TEST(SplitWordsTest, KeepsQuotedWordsTogether) {
  EXPECT_EQ(split_words(".import  'my file.csv' \"a\"\"b\" ''"),
            (Words{".import", "my file.csv", "a\"b", ""}));
  EXPECT_THROW(static_cast<void>(split_words(".read 'open")), CommandError);
}

TEST(SplitWordsTest, ReadsEscapesOutsideOfSingleQuotes) {
  EXPECT_EQ(split_words(R"(.separator \t "\r\n")"), (Words{".separator", "\t", "\r\n"}));
  EXPECT_EQ(split_words(R"(\037 "\"x\\y" \q)"), (Words{"\037", "\"x\\y", "q"}));
  EXPECT_EQ(split_words(R"('\t')"), (Words{"\\t"}));
}

}  // namespace
}  // namespace libsql::shell
