#include "replica/page.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "libsql/error.h"

namespace libsql::replica {

namespace {

// With the zero byte at its end. NOLINTNEXTLINE(bugprone-string-constructor)
constexpr std::string_view kMagic{"SQLite format 3", 16};
constexpr std::size_t kPageSizeAt = 16;
constexpr std::size_t kWriteVersionAt = 18;
constexpr std::size_t kReadVersionAt = 19;
constexpr unsigned char kWalVersion = 2;

[[noreturn]] void refuse(PageNumber number, const std::string& problem) {
  throw Error(ErrorKind::corrupt,
              "the primary sent page " + std::to_string(number) + " " + problem);
}

}  // namespace

void check_page(PageNumber number, ConstBytes image) {
  if (image.size() != kPageSize) {
    refuse(number, "with " + std::to_string(image.size()) + " bytes instead of 4096");
  }
  if (number == 0 || number > kMaxPageNumber) refuse(number, "whose number is out of range");
  if (number != 1) return;
  const bool magic =
      std::equal(kMagic.begin(), kMagic.end(), image.begin(),
                 [](char a, unsigned char b) { return static_cast<unsigned char>(a) == b; });
  if (!magic) refuse(number, "which is not the first page of a database");
  const std::size_t size = (std::size_t{image[kPageSizeAt]} << 8U) | image[kPageSizeAt + 1];
  if (size != kPageSize) {
    refuse(number, "of a database with pages of " + std::to_string(size) + " bytes, not 4096");
  }
  if (image[kWriteVersionAt] != kWalVersion || image[kReadVersionAt] != kWalVersion) {
    refuse(number, "of a database that is not in WAL mode: its versions are " +
                       std::to_string(image[kWriteVersionAt]) + " and " +
                       std::to_string(image[kReadVersionAt]) + ", not 2 and 2");
  }
}

}  // namespace libsql::replica
