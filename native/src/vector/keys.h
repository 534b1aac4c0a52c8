// Keys of rows: values of any type.
#ifndef LIBSQL_VECTOR_KEYS_H_
#define LIBSQL_VECTOR_KEYS_H_

#include <memory>

#include <sqlite3.h>

namespace libsql::vector {

struct ValueDeleter {
  void operator()(sqlite3_value* value) const noexcept { sqlite3_value_free(value); }
};
using OwnedValue = std::unique_ptr<sqlite3_value, ValueDeleter>;

// Throws std::bad_alloc.
[[nodiscard]] OwnedValue copy_of(sqlite3_value* value);

// Whether two keys are the same value of the same type. A collation may call others equal.
[[nodiscard]] bool is_same(sqlite3_value* left, sqlite3_value* right);

// The order of SQLite's collation BINARY: numbers, texts, blobs.
[[nodiscard]] bool is_before(sqlite3_value* left, sqlite3_value* right);

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_KEYS_H_
