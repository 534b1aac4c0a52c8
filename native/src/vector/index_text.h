// The text of CREATE INDEX, as SQLite keeps it in the schema.
#ifndef LIBSQL_VECTOR_INDEX_TEXT_H_
#define LIBSQL_VECTOR_INDEX_TEXT_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/sql_scanner.h"

namespace libsql::vector {

struct IndexText {
  std::string column;                 // Without quotes.
  std::vector<std::string> settings;  // The further arguments, without quotes.
  std::string condition;              // Of a partial index, as written; empty if it is none.
};

// CREATE INDEX ... (libsql_vector_idx(column, 'setting', ...)) [WHERE condition]. Nothing if the
// text is of another index. The table is not in it: the schema names that itself.
// Throws Failure with libSQL's text if the marker is the beginning of a column of the index, and
// is not alone there or has other arguments.
[[nodiscard]] std::optional<IndexText> parse_index_text(std::string_view sql);

// A token without its quotes.
[[nodiscard]] std::string unquoted(const core::SqlToken& token);

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_INDEX_TEXT_H_
