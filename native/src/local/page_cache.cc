#include "local/page_cache.h"

#include <sqlite3.h>

#include "core/page_forecast.h"

namespace libsql::local {

namespace {

// Written once, before SQLite uses it. Source: sqlite.org/c3ref/pcache_methods2.html
sqlite3_pcache_methods2 cache{};

// Not one that takes the place of another and is read from the file now. SQLite knows it by the
// same word: the cache sets it to null in a new entry, then SQLite writes a pointer there.
bool was_in_cache(const sqlite3_pcache_page& page) noexcept {
  return *static_cast<void* const*>(page.pExtra) != nullptr;
}

sqlite3_pcache_page* fetch(sqlite3_pcache* pages, unsigned int key, int create) noexcept {
  sqlite3_pcache_page* const page = cache.xFetch(pages, key, create);
  if (page != nullptr && was_in_cache(*page)) core::note_page(page->pBuf);
  return page;
}

}  // namespace

bool install_page_forecast() noexcept {
  // Before SQLite is in use only: the methods must not change under a call.
  sqlite3_pcache_methods2 present{};
  if (sqlite3_config(SQLITE_CONFIG_GETPCACHE2, &present) != SQLITE_OK) return false;
  cache = present;
  present.xFetch = fetch;
  return sqlite3_config(SQLITE_CONFIG_PCACHE2, &present) == SQLITE_OK;
}

}  // namespace libsql::local
