#include "local/functions.h"

#include <string>

#include "local/sql_function.h"

namespace libsql::local {

namespace {

constexpr int kConcatBuiltIn = 3'044'000;

bool is_null(sqlite3_value* value) { return sqlite3_value_type(value) == SQLITE_NULL; }

void concat(sqlite3_context* context, SqlValues values) {
  std::string text;
  for (sqlite3_value* const value : values) {
    if (!is_null(value)) text += text_of(value);
  }
  return_text(context, text);
}

void concat_ws(sqlite3_context* context, SqlValues values) {
  if (values.empty() || is_null(values[0])) return;  // The result is NULL.
  std::string text;
  bool first = true;
  for (sqlite3_value* const value : values.subspan(1)) {
    if (is_null(value)) continue;
    if (!first) text += text_of(values[0]);
    text += text_of(value);
    first = false;
  }
  return_text(context, text);
}

}  // namespace

void add_missing_functions(sqlite3* db) {
  if (sqlite3_libversion_number() >= kConcatBuiltIn) return;
  add_function<&concat>(db, "concat", -1);
  add_function<&concat_ws>(db, "concat_ws", -1);
}

}  // namespace libsql::local
