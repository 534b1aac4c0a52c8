// SQLite's values as ours.
#ifndef LIBSQL_LOCAL_SQL_VALUE_H_
#define LIBSQL_LOCAL_SQL_VALUE_H_

#include <new>
#include <string_view>

#include <sqlite3.h>

#include "libsql/value.h"

namespace libsql::local {

// Sets `view` in place, because copying a ValueView right after its parts were stored stalls. It
// holds as long as `value`. Throws std::bad_alloc.
inline void read_value(sqlite3_value* value, ValueView& view) {
  const auto size = [value] { return static_cast<std::size_t>(sqlite3_value_bytes(value)); };
  switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
      view = sqlite3_value_int64(value);
      break;
    case SQLITE_FLOAT:
      view = sqlite3_value_double(value);
      break;
    case SQLITE_TEXT: {
      const void* const text = sqlite3_value_text(value);
      if (text == nullptr) throw std::bad_alloc();
      view = std::string_view(static_cast<const char*>(text), size());
      break;
    }
    case SQLITE_BLOB: {
      const void* const bytes = sqlite3_value_blob(value);
      if (bytes == nullptr && size() != 0) throw std::bad_alloc();
      view = ValueView::blob({static_cast<const char*>(bytes), size()});
      break;
    }
    default:
      view = {};
  }
}

}  // namespace libsql::local

#endif  // LIBSQL_LOCAL_SQL_VALUE_H_
