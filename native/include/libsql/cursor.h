// A query whose rows are fetched in portions; nothing is read ahead. It keeps its read snapshot
// until it is read to the end or closed.
#ifndef LIBSQL_CURSOR_H_
#define LIBSQL_CURSOR_H_

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "libsql/export.h"
#include "libsql/row.h"
#include "libsql/rows.h"
#include "libsql/statement.h"
#include "libsql/value.h"

namespace libsql {

// Steps a live statement; memory does not grow with the result. Several cursors may be open on one
// connection, and other statements may run between two fetches. A cursor that was opened in a
// transaction ends with it: next() then reports ErrorKind::misuse.
//
// Threads: thread-compatible, together with its connection.
class LIBSQL_API Cursor {
 public:
  // The next row, or nothing at the end. Valid until the next call.
  [[nodiscard]] std::optional<Row> next() &;
  [[nodiscard]] std::optional<Row> next() && = delete;
  // The rows from the next one on; see Statement::rows().
  template <typename... Columns>
  [[nodiscard]] RowRange<Cursor, Columns...> rows() & {
    return RowRange<Cursor, Columns...>(*this);
  }
  template <typename... Columns>
  void rows() && = delete;
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

// The rows of Connection::query(): a cursor that is read once, from its beginning, by a range-based
// for. Valid until the next row: what views among the `Columns` point to.
template <typename... Columns>
class Rows {
 public:
  explicit Rows(Cursor cursor) noexcept : cursor_(std::move(cursor)) {}
  [[nodiscard]] auto begin() { return cursor_.rows<Columns...>().begin(); }
  [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

 private:
  Cursor cursor_;
};

}  // namespace libsql

#endif  // LIBSQL_CURSOR_H_
