#include "core/page_forecast.h"

#include <initializer_list>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace libsql::core {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PageForecastTest : public ::testing::Test {
 protected:
  std::vector<PageForecast::Address> after(std::initializer_list<PageForecast::Address> pages) {
    for (const PageForecast::Address page : pages) forecast_.note(page);
    const auto foretold = forecast_.take();
    return {foretold.begin(), foretold.end()};
  }
  PageForecast forecast_;
};

TEST_F(PageForecastTest, ForetellsThePageAfterTheNextOfPagesAtEqualDistances) {
  EXPECT_THAT(after({10'000, 14'400, 18'800}), IsEmpty());
  EXPECT_THAT(after({23'200}), ElementsAre(32'000));
  EXPECT_EQ(forecast_.page_size(), 4'400U);
  EXPECT_THAT(after({27'600}), ElementsAre(36'400));
}

TEST_F(PageForecastTest, ForetellsPagesThatLieBackwards) {
  EXPECT_THAT(after({90'000, 85'600, 81'200, 76'800}), ElementsAre(68'000));
  EXPECT_EQ(forecast_.page_size(), 4'400U);
}

TEST_F(PageForecastTest, ForetellsLeavesThatLieBehindTheirOverflowPages) {
  EXPECT_THAT(after({14'400, 10'000, 23'200, 18'800, 32'000, 27'600}), ElementsAre(40'800, 36'400));
}

TEST_F(PageForecastTest, ForetellsNothingAfterLookups) {
  EXPECT_THAT(after({70'000, 10'000, 50'000, 130'000, 20'000}), IsEmpty());
}

TEST_F(PageForecastTest, ForgetsWhatItHasForetoldWhenTheScanEnds) {
  EXPECT_THAT(after({10'000, 14'400, 18'800, 23'200, 90'000}), IsEmpty());
}

TEST_F(PageForecastTest, ForetellsNoPageThatTheScanHasReadSince) {
  EXPECT_THAT(after({1'000, 2'000, 3'000, 4'000, 5'000, 6'000, 7'000, 8'000, 9'000}),
              ElementsAre(10'000, 11'000));
  EXPECT_THAT(after({}), IsEmpty());
}

TEST_F(PageForecastTest, TakesAPageThatIsReadAgainAndAgainForOneWithoutSize) {
  EXPECT_THAT(after({4'096, 4'096, 4'096, 4'096}), ElementsAre(4'096));
  EXPECT_EQ(forecast_.page_size(), 0U);
}

}  // namespace
}  // namespace libsql::core
