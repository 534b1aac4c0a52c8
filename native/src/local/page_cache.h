// Tells core/page_forecast.h about the pages that SQLite finds in its page cache.
#ifndef LIBSQL_LOCAL_PAGE_CACHE_H_
#define LIBSQL_LOCAL_PAGE_CACHE_H_

namespace libsql::local {

// Installs it in SQLite, over the page cache that is there. False if something in this process uses
// SQLite already.
bool install_page_forecast() noexcept;

}  // namespace libsql::local

#endif  // LIBSQL_LOCAL_PAGE_CACHE_H_
