// Which pages have arrived: one bit each.
#ifndef LIBSQL_REPLICA_PAGE_SET_H_
#define LIBSQL_REPLICA_PAGE_SET_H_

#include <string>
#include <vector>

#include "libsql/error.h"
#include "replica/page.h"

namespace libsql::replica {

class PageSet {
 public:
  void add(PageNumber number) {
    if (number >= has_.size()) has_.resize(number + std::size_t{1});
    has_[number] = true;
  }
  // Throws unless all pages of a database of that size have arrived. Errors: corrupt, with the
  // first page that is missing.
  void require_all(std::uint32_t pages) const {
    for (PageNumber number = 1; number <= pages; ++number) {
      if (number == kLockBytePage || (number < has_.size() && has_[number])) continue;
      throw Error(ErrorKind::corrupt, "the primary sent a database of " + std::to_string(pages) +
                                          " pages without page " + std::to_string(number));
    }
  }

 private:
  std::vector<bool> has_;
};

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_PAGE_SET_H_
