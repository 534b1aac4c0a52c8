// The public Cursor: a live statement and the values bound to it.
#include "libsql/cursor.h"

#include <utility>

namespace libsql {

Cursor::Cursor(Statement statement, std::vector<Value> bound)
    : bound_(std::move(bound)), statement_(std::move(statement)) {
  statement_.bind_all(std::vector<ValueView>(bound_.begin(), bound_.end()));
}

std::optional<Row> Cursor::next() & {
  if (done_) return std::nullopt;
  std::optional<Row> row = statement_.next();
  done_ = !row.has_value();
  return row;
}

}  // namespace libsql
