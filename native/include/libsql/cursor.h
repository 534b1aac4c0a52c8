// A query whose rows are fetched in portions; nothing is read ahead. It keeps its read snapshot
// until it is read to the end or closed.
#ifndef LIBSQL_CURSOR_H_
#define LIBSQL_CURSOR_H_

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "libsql/statement.h"
#include "libsql/value.h"

namespace libsql {

// Steps a live statement; memory does not grow with the result. Several cursors may be open on one
// connection, and other statements may run between two fetches. A cursor that was opened in a
// transaction ends with it: next() then reports ErrorKind::misuse.
//
// Threads: thread-compatible, together with its connection.
class Cursor {
 public:
  // The next row, or nothing at the end. Valid until the next call.
  [[nodiscard]] std::optional<std::span<const ValueView>> next() &;
  [[nodiscard]] std::optional<std::span<const ValueView>> next() && = delete;
  // The statement, for its column names.
  [[nodiscard]] const Statement& statement() const noexcept { return statement_; }
  // No row is left.
  [[nodiscard]] bool done() const noexcept { return done_; }

 private:
  friend class Connection;
  Cursor(Statement statement, std::vector<Value> bound);

  std::vector<Value> bound_;  // The statement borrows their bytes.
  Statement statement_;
  bool done_ = false;
};

}  // namespace libsql

#endif  // LIBSQL_CURSOR_H_
