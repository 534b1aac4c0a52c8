// The public Cursor: a live statement and the values bound to it.
#include "libsql/cursor.h"

#include <utility>

namespace libsql {

Cursor::Cursor(Statement statement, std::vector<Value> bound)
    : bound_(std::move(bound)), statement_(std::move(statement)) {
  statement_.bind_all(std::vector<ValueView>(bound_.begin(), bound_.end()));
}

std::optional<std::span<const ValueView>> Cursor::next() & {
  if (done_) return std::nullopt;
  if (statement_.step() == Step::row) return statement_.row();
  done_ = true;
  return std::nullopt;
}

}  // namespace libsql
