// The test at start knows a publication that works from one that does not.
#include "replica/self_test.h"

#include <gmock/gmock.h>

#include "testing/temporary_directory.h"

namespace libsql::replica {
namespace {

TEST(SelfTestTest, BothPublicationsWorkWithThisSqlite) {
  const testing::TemporaryDirectory folder;
  const std::filesystem::path path = std::filesystem::path(folder.path()).parent_path();
  EXPECT_TRUE(publication_works(path, Publication::direct));
  EXPECT_TRUE(publication_works(path, Publication::rebuild));
  EXPECT_TRUE(std::filesystem::is_empty(path)) << "the test's files are removed";
}

TEST(SelfTestTest, TheFastestPublicationIsTaken) {
  EXPECT_EQ(working_publication(std::filesystem::temp_directory_path()), Publication::direct);
}

}  // namespace
}  // namespace libsql::replica
