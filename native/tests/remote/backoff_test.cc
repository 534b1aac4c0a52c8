#include "remote/backoff.h"

#include <gtest/gtest.h>

namespace libsql::remote {
namespace {

using std::chrono::milliseconds;

TEST(BackoffTest, DoublesTheBoundUpToTheLongestWait) {
  Backoff backoff({milliseconds(100), milliseconds(350), 5});
  EXPECT_EQ(backoff.next(0.5), milliseconds(50));
  EXPECT_EQ(backoff.next(0.5), milliseconds(100));
  EXPECT_EQ(backoff.next(0.5), milliseconds(175));
  EXPECT_EQ(backoff.next(0.5), milliseconds(175));
  EXPECT_EQ(backoff.next(0.5), std::nullopt);
  EXPECT_EQ(backoff.next(0.5), std::nullopt);
}

TEST(BackoffTest, DrawsFromZeroToBelowTheBound) {
  Backoff backoff({milliseconds(100), milliseconds(1000), 10});
  EXPECT_EQ(backoff.next(0.0), milliseconds(0));
  EXPECT_EQ(backoff.next(0.999), milliseconds(199));
}

TEST(BackoffTest, WaitsAtLeastAsLongAsTheServerAsks) {
  Backoff backoff({milliseconds(100), milliseconds(1000), 10});
  EXPECT_EQ(backoff.next(0.0, milliseconds(1500)), milliseconds(1500));
}

TEST(BackoffTest, StaysWithinTheLongestWaitAfterManyFailures) {
  Backoff backoff({milliseconds(100), milliseconds(1000), 5000});
  for (int i = 0; i < 4998; ++i) ASSERT_TRUE(backoff.next(0.9).has_value());
  EXPECT_EQ(backoff.next(0.5), milliseconds(500));
}

TEST(BackoffTest, OneAttemptIsNeverRepeated) {
  Backoff backoff({milliseconds(100), milliseconds(1000), 1});
  EXPECT_EQ(backoff.next(0.5), std::nullopt);
}

}  // namespace
}  // namespace libsql::remote
