// The declared type of a column that an index on vectors may cover.
#ifndef LIBSQL_VECTOR_COLUMN_TYPE_H_
#define LIBSQL_VECTOR_COLUMN_TYPE_H_

#include <cstddef>
#include <string_view>

#include "vector/element.h"

namespace libsql::vector {

struct ColumnType {
  Element element = Element::float32;
  std::size_t dimensions = 0;  // From 1 to kMaxDimensions.
};

// What "F32_BLOB(3)" or "float64 ( 8 )" declares.
// Throws Failure with libSQL's text if it is no vector type with a size.
[[nodiscard]] ColumnType parse_column_type(std::string_view declared);

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_COLUMN_TYPE_H_
