#include <optional>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libsql/remote_options.h"

namespace libsql {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(AuthTokenTest, HoldsTheBytesThatWereGiven) { EXPECT_EQ(AuthToken("a.b.c").bytes(), "a.b.c"); }

TEST(AuthTokenTest, ComparesByBytes) {
  EXPECT_TRUE(AuthToken("same") == AuthToken("same"));
  EXPECT_FALSE(AuthToken("same") == AuthToken("other"));
}

TEST(AuthTokenTest, RefusesWhatCannotStandInAHeaderWithoutQuotingIt) {
  for (const char* const bad : {"", "canary token", "canary\r\nX: y", "canary\x80"}) {
    try {
      const AuthToken token{std::string_view(bad)};
      ADD_FAILURE() << "accepted: " << bad;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
      EXPECT_THAT(error.message(), Not(HasSubstr("canary")));
    }
  }
}

TEST(AuthTokenTest, PrintsNoByteOfItself) {
  std::ostringstream out;
  out << AuthToken("canary");
  EXPECT_EQ(out.str(), "[auth token]");
}

struct Taken {
  int calls = 0;
  std::string token;
  std::optional<ErrorKind> error;
  TokenAnswer answer() {
    return TokenAnswer([this](const std::optional<AuthToken>& given, const Error* failure) {
      ++calls;
      if (given) token = given->bytes();
      if (failure != nullptr) error = failure->kind();
    });
  }
};

TEST(TokenAnswerTest, TakesTheFirstOfSeveralAnswers) {
  Taken taken;
  const TokenAnswer answer = taken.answer();
  answer.give(AuthToken("first"));
  answer.give(AuthToken("second"));
  answer.refuse(Error(ErrorKind::error, "late"));
  EXPECT_EQ(taken.calls, 1);
  EXPECT_EQ(taken.token, "first");
  EXPECT_EQ(taken.error, std::nullopt);
}

TEST(TokenAnswerTest, GivesNoTokenToAServerThatAsksForNone) {
  Taken taken;
  taken.answer().give_none();
  EXPECT_EQ(taken.calls, 1);
  EXPECT_EQ(taken.token, "");
  EXPECT_EQ(taken.error, std::nullopt);
}

TEST(TokenAnswerTest, FailsWhenItIsDroppedWithoutAnAnswer) {
  Taken taken;
  static_cast<void>(taken.answer());
  EXPECT_EQ(taken.calls, 1);
  EXPECT_EQ(taken.error, ErrorKind::denied);
}

}  // namespace
}  // namespace libsql
