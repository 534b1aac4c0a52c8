// Which calls reading ahead makes, on a file in memory.
#include "vfs/read_ahead.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include <gmock/gmock.h>

#include "testing/memory_file.h"

namespace libsql::vfs {
namespace {

using ::testing::ElementsAre;

constexpr std::size_t kPage = 4096;
constexpr sqlite3_int64 kLength = 4096;

class ReadAheadTest : public ::testing::Test {
 protected:
  // Reads the pages from `first` to before `end`, and expects their content.
  void read(std::size_t first, std::size_t end) {
    for (std::size_t page = first; page < end; ++page) {
      std::vector<unsigned char> got(kPage, 0xFF);
      const int rc = ahead_.read(file_.real(), got, static_cast<sqlite3_int64>(page) * kLength);
      EXPECT_EQ(rc, SQLITE_OK);
      EXPECT_EQ(got, std::vector<unsigned char>(kPage, static_cast<unsigned char>(page)));
    }
  }

  testing::MemoryFile file_{200, kPage};
  ReadAhead ahead_;
};

// Tiles have 16 pages.
TEST_F(ReadAheadTest, AScanReadsMoreAndMoreUpToATile) {
  read(0, 80);
  std::vector<std::size_t> expected(16, 1);
  for (const std::size_t pages : {4U, 8U, 4U, 8U, 8U, 16U, 16U}) expected.push_back(pages);
  EXPECT_EQ(file_.reads(), expected);
}

TEST_F(ReadAheadTest, AFewNeighboursAreNoScan) {
  for (std::size_t first = 10; first < 170; first += 40) read(first, first + 16);
  EXPECT_THAT(file_.reads(), ::testing::AllOf(::testing::SizeIs(64), ::testing::Each(1)));
}

TEST_F(ReadAheadTest, AnInnerPageDoesNotEndAScan) {
  read(0, 48);
  file_.reads().clear();
  read(96, 97);
  read(48, 80);
  EXPECT_THAT(file_.reads(), ElementsAre(1, 16, 16));
}

// As leaves and the overflow pages before them are read.
TEST_F(ReadAheadTest, PagesOutOfOrderDoNotEndAScan) {
  for (std::size_t leaf = 4; leaf < 195; leaf += 5) {
    read(leaf, leaf + 1);
    read(leaf - 4, leaf);
  }
  EXPECT_LT(file_.reads().size(), 195U / 2);
}

TEST_F(ReadAheadTest, EveryFourthPageIsNoScan) {
  for (std::size_t page = 0; page < 100; page += 4) read(page, page + 1);
  EXPECT_THAT(file_.reads(), ::testing::AllOf(::testing::SizeIs(25), ::testing::Each(1)));
}

TEST_F(ReadAheadTest, AScanEndsWhereMostWasReadInVain) {
  read(0, 49);
  file_.reads().clear();
  // Of the tile of page 48, one page has been used.
  for (std::size_t page = 65; page < 80; page += 2) read(page, page + 1);
  EXPECT_THAT(file_.reads(), ::testing::Each(1));
}

TEST_F(ReadAheadTest, NothingIsReadBeyondTheEnd) {
  read(150, 192);
  file_.reads().clear();
  read(192, 200);
  EXPECT_THAT(file_.reads(), ElementsAre(8));
}

TEST_F(ReadAheadTest, APageBeyondTheEndIsAShortRead) {
  read(150, 200);
  std::vector<unsigned char> page(kPage);
  EXPECT_EQ(ahead_.read(file_.real(), page, 200 * kLength), SQLITE_IOERR_SHORT_READ);
}

TEST_F(ReadAheadTest, WhatIsForgottenIsReadAgain) {
  read(0, 40);
  file_.reads().clear();
  std::ranges::fill(file_.bytes(), static_cast<unsigned char>(40));
  ahead_.forget();
  read(40, 41);
  EXPECT_THAT(file_.reads(), ElementsAre(1));
}

TEST_F(ReadAheadTest, PartsOfPagesAreTakenFromWhatIsHeld) {
  read(0, 33);
  file_.reads().clear();
  std::vector<unsigned char> part(100, 0xFF);
  EXPECT_EQ(ahead_.read(file_.real(), part, 34 * kLength + 50), SQLITE_OK);
  EXPECT_EQ(part, std::vector<unsigned char>(100, 34));
  EXPECT_THAT(file_.reads(), ::testing::IsEmpty());
}

}  // namespace
}  // namespace libsql::vfs
