#include "vector/keys.h"

#include <new>
#include <string_view>

namespace libsql::vector {

namespace {

std::string_view bytes_of(sqlite3_value* value) {
  const void* const bytes = sqlite3_value_type(value) == SQLITE_TEXT
                                ? static_cast<const void*>(sqlite3_value_text(value))
                                : sqlite3_value_blob(value);
  if (bytes == nullptr) return {};
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

bool is_number(int type) { return type == SQLITE_INTEGER || type == SQLITE_FLOAT; }

}  // namespace

OwnedValue copy_of(sqlite3_value* value) {
  OwnedValue copy(sqlite3_value_dup(value));
  if (copy == nullptr) throw std::bad_alloc();
  return copy;
}

bool is_same(sqlite3_value* left, sqlite3_value* right) {
  const int type = sqlite3_value_type(left);
  if (type != sqlite3_value_type(right)) return false;
  if (type == SQLITE_INTEGER) return sqlite3_value_int64(left) == sqlite3_value_int64(right);
  if (type == SQLITE_FLOAT) return sqlite3_value_double(left) == sqlite3_value_double(right);
  return bytes_of(left) == bytes_of(right);
}

bool is_before(sqlite3_value* left, sqlite3_value* right) {
  const int left_type = sqlite3_value_type(left);
  const int right_type = sqlite3_value_type(right);
  if (left_type == SQLITE_INTEGER && right_type == SQLITE_INTEGER) {
    return sqlite3_value_int64(left) < sqlite3_value_int64(right);
  }
  if (is_number(left_type) && is_number(right_type)) {
    return sqlite3_value_double(left) < sqlite3_value_double(right);
  }
  // The numbers of the types are in the order of the types.
  if (left_type != right_type) return left_type < right_type;
  return bytes_of(left) < bytes_of(right);
}

}  // namespace libsql::vector
