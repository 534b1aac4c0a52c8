#include "local/functions.h"

#include <new>
#include <string>

#include "local/sqlite.h"

namespace libsql::local {

namespace {

constexpr int kConcatBuiltIn = 3'044'000;

// Appends a value as text; NULL is nothing. False if SQLite had no memory for the text.
bool append(std::string& text, sqlite3_value* value) {
  if (sqlite3_value_type(value) == SQLITE_NULL) return true;
  const unsigned char* const bytes = sqlite3_value_text(value);
  if (bytes == nullptr) return false;
  // SQLite hands out its texts as unsigned bytes.
  text.append(reinterpret_cast<const char*>(bytes),
              static_cast<std::size_t>(sqlite3_value_bytes(value)));
  return true;
}

void return_text(sqlite3_context* context, const std::string& text) {
  sqlite3_result_text64(context, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

// Called by C: nothing may be thrown out of these two.
void concat(sqlite3_context* context, int count, sqlite3_value** values) noexcept {
  try {
    std::string text;
    for (int i = 0; i < count; ++i) {
      if (!append(text, values[i])) return sqlite3_result_error_nomem(context);
    }
    return_text(context, text);
  } catch (const std::bad_alloc&) {
    sqlite3_result_error_nomem(context);
  }
}

void concat_ws(sqlite3_context* context, int count, sqlite3_value** values) noexcept {
  if (count == 0 || sqlite3_value_type(values[0]) == SQLITE_NULL) return;  // The result is NULL.
  try {
    std::string text;
    bool first = true;
    for (int i = 1; i < count; ++i) {
      if (sqlite3_value_type(values[i]) == SQLITE_NULL) continue;
      if (!first && !append(text, values[0])) return sqlite3_result_error_nomem(context);
      if (!append(text, values[i])) return sqlite3_result_error_nomem(context);
      first = false;
    }
    return_text(context, text);
  } catch (const std::bad_alloc&) {
    sqlite3_result_error_nomem(context);
  }
}

}  // namespace

void add_missing_functions(sqlite3* db) {
  if (sqlite3_libversion_number() >= kConcatBuiltIn) return;
  constexpr int kFlags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  const auto add = [db](const char* name,
                        void (*function)(sqlite3_context*, int, sqlite3_value**)) {
    check(db, sqlite3_create_function_v2(db, name, -1, kFlags, nullptr, function, nullptr, nullptr,
                                         nullptr));
  };
  add("concat", &concat);
  add("concat_ws", &concat_ws);
}

}  // namespace libsql::local
