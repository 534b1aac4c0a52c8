// After which calls a plain file is read again.
#include "vfs/plain_file.h"

#include <cstddef>
#include <vector>

#include <gtest/gtest.h>

#include "testing/memory_file.h"

namespace libsql::vfs {
namespace {

constexpr std::size_t kPage = 4096;
constexpr sqlite3_int64 kLength = 4096;

class PlainFileTest : public ::testing::Test {
 protected:
  // The first byte of page 60.
  int read_page_60() {
    std::vector<unsigned char> page(kPage);
    EXPECT_EQ(file_.read(page, 60 * kLength), SQLITE_OK);
    return page.front();
  }
  // A scan that has read page 60 ahead, and somebody who has changed it since.
  void scan_and_change() {
    std::vector<unsigned char> page(kPage);
    for (sqlite3_int64 number = 1; number < 50; ++number) {
      EXPECT_EQ(file_.read(page, number * kLength), SQLITE_OK);
    }
    memory_.bytes()[60 * kPage] = 200;
    EXPECT_EQ(read_page_60(), 60);
  }

  testing::MemoryFile memory_{100, kPage};
  PlainFile file_{memory_.real()};
};

TEST_F(PlainFileTest, IsReadAgainAfterAChangeOfALock) {
  scan_and_change();
  file_.lock_changes();
  EXPECT_EQ(read_page_60(), 200);
}

TEST_F(PlainFileTest, IsReadAgainAfterAWrite) {
  scan_and_change();
  const std::vector<unsigned char> page(kPage, 100);
  EXPECT_EQ(file_.write(page, 60 * kLength), SQLITE_OK);
  EXPECT_EQ(read_page_60(), 100);
}

TEST_F(PlainFileTest, IsReadAgainAfterATruncation) {
  scan_and_change();
  EXPECT_EQ(file_.truncate(60 * kLength), SQLITE_OK);
  std::vector<unsigned char> page(kPage);
  EXPECT_EQ(file_.read(page, 60 * kLength), SQLITE_IOERR_SHORT_READ);
}

TEST_F(PlainFileTest, IsReadAgainAfterAFileControl) {
  scan_and_change();
  EXPECT_EQ(file_.control(SQLITE_FCNTL_ROLLBACK_ATOMIC_WRITE, nullptr), SQLITE_OK);
  EXPECT_EQ(read_page_60(), 200);
}

// As SQLite reads the change counter.
TEST_F(PlainFileTest, IsReadAgainAfterAReadOfTheFirstPage) {
  scan_and_change();
  std::vector<unsigned char> counter(16);
  EXPECT_EQ(file_.read(counter, 24), SQLITE_OK);
  EXPECT_EQ(read_page_60(), 200);
}

}  // namespace
}  // namespace libsql::vfs
