// Pages as every pull protocol brings them: whole, in plain, of 4096 bytes.
#ifndef LIBSQL_REPLICA_PAGE_H_
#define LIBSQL_REPLICA_PAGE_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace libsql::replica {

using Bytes = std::span<unsigned char>;
using ConstBytes = std::span<const unsigned char>;

// The only page size that libSQL's replication has.
inline constexpr std::size_t kPageSize = 4096;

// Counted from 1.
using PageNumber = std::uint32_t;
// The largest that SQLite allows.
inline constexpr PageNumber kMaxPageNumber = 0xFFFFFFFE;
// The page with SQLite's lock bytes, at 1 GiB, has no content and is never replicated.
inline constexpr PageNumber kLockBytePage = 0x40000000 / kPageSize + 1;

// Refuses what must not get into a database: a page of another size, page 0, and a first page that
// would not leave a database in WAL mode with pages of 4096 bytes.
// Errors: corrupt, with the page's number.
void check_page(PageNumber number, ConstBytes image);

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_PAGE_H_
