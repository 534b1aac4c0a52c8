#include "encryption/file_header.h"

#include <gmock/gmock.h>

#include "testing/hex.h"
#include "two_pages.h"

namespace libsql::encryption {
namespace {

using Header = std::vector<unsigned char>;

Header plain() {
  Header header(kHeaderBytes);
  std::ranges::copy(kPlainMagic, header.begin());
  return header;
}

TEST(FileHeaderTest, TellsTheFormatsApart) {
  EXPECT_EQ(kind_of_file({}), FileKind::empty);
  EXPECT_EQ(kind_of_file(Header(kHeaderBytes)), FileKind::empty);
  EXPECT_EQ(kind_of_file(plain()), FileKind::plain);
  EXPECT_EQ(kind_of_file(testing::from_hex(kEncryptedPage1)), FileKind::perhaps_aes256cbc);
  EXPECT_EQ(kind_of_file(Header(kHeaderBytes, 0x40)), FileKind::unknown);
  EXPECT_EQ(kind_of_file(Header(50, 1)), FileKind::unknown);
  Header authenticated = testing::from_hex(kEncryptedPage1);
  std::ranges::copy(std::string_view("eLibSQL"), authenticated.begin());
  EXPECT_EQ(kind_of_file(authenticated), FileKind::aes256gcm);
}

TEST(FileHeaderTest, ReadsThePageSize) {
  Header header = plain();
  header[16] = 2;
  EXPECT_EQ(page_size_of(header), 512U);
  header[16] = 0;
  header[17] = 1;
  EXPECT_EQ(page_size_of(header), 65536U);
}

TEST(FileHeaderTest, AcceptsPageSizesThatSqliteHas) {
  for (const std::size_t size : {512U, 4096U, 65536U}) EXPECT_TRUE(is_page_size(size)) << size;
  for (const std::size_t size : {0U, 1U, 256U, 1000U, 131072U}) {
    EXPECT_FALSE(is_page_size(size)) << size;
  }
}

}  // namespace
}  // namespace libsql::encryption
