// Registers C++ functions as SQL functions. SQLite is written in C: exceptions end here.
#ifndef LIBSQL_LOCAL_SQL_FUNCTION_H_
#define LIBSQL_LOCAL_SQL_FUNCTION_H_

#include <cstddef>
#include <new>
#include <span>
#include <string>
#include <string_view>

#include <sqlite3.h>

#include "local/sqlite.h"

namespace libsql::local {

using SqlValues = std::span<sqlite3_value* const>;

// The text of a value that is not NULL, for as long as the function runs. Throws std::bad_alloc.
[[nodiscard]] inline std::string_view text_of(sqlite3_value* value) {
  const unsigned char* const bytes = sqlite3_value_text(value);
  if (bytes == nullptr) throw std::bad_alloc();
  // SQLite hands out its texts as unsigned bytes.
  return {reinterpret_cast<const char*>(bytes),
          static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

inline void return_text(sqlite3_context* context, const std::string& text) {
  sqlite3_result_text64(context, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

// `function` as SQLite calls it. It may throw std::bad_alloc, which becomes SQLite's error, and
// nothing else.
template <void (*function)(sqlite3_context*, SqlValues)>
void called_by_sqlite(sqlite3_context* context, int count, sqlite3_value** values) noexcept {
  try {
    function(context, SqlValues(values, static_cast<std::size_t>(count)));
  } catch (const std::bad_alloc&) {
    sqlite3_result_error_nomem(context);
  }
}

inline constexpr int kPureFunction = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;

// Registers a function whose result depends on its arguments only; -1 of them is any number.
template <void (*function)(sqlite3_context*, SqlValues)>
void add_function(sqlite3* db, const char* name, int arguments) {
  check(db, sqlite3_create_function_v2(db, name, arguments, kPureFunction, nullptr,
                                       &called_by_sqlite<function>, nullptr, nullptr, nullptr));
}

}  // namespace libsql::local

#endif  // LIBSQL_LOCAL_SQL_FUNCTION_H_
