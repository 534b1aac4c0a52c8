// A compiled statement of a session, stepped by its caller: what the synchronous classes Statement
// and Cursor stand on.
#ifndef LIBSQL_CORE_PREPARED_STATEMENT_H_
#define LIBSQL_CORE_PREPARED_STATEMENT_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "libsql/sql.h"
#include "libsql/statement_info.h"
#include "libsql/value.h"

namespace libsql::core {

// See the public Statement for the contract of each call.
//
// Threads: thread-compatible, together with its session.
class PreparedStatement {
 public:
  PreparedStatement() = default;
  PreparedStatement(const PreparedStatement&) = delete;
  PreparedStatement& operator=(const PreparedStatement&) = delete;
  virtual ~PreparedStatement() = default;

  [[nodiscard]] virtual std::string_view sql() const noexcept = 0;
  [[nodiscard]] virtual StatementKind kind() const noexcept = 0;
  [[nodiscard]] virtual bool read_only() const = 0;
  [[nodiscard]] virtual StatementCounters counters() const = 0;

  [[nodiscard]] virtual int parameter_count() const = 0;
  [[nodiscard]] virtual std::string_view parameter_name(int index) const = 0;
  [[nodiscard]] virtual int parameter_index(std::string_view name) const = 0;
  [[nodiscard]] virtual int run_column_count() const = 0;
  [[nodiscard]] virtual std::string_view run_column_name(int index) const = 0;
  // Of the next run; of the one in progress, if there is one.
  [[nodiscard]] virtual int column_count() = 0;
  [[nodiscard]] virtual std::string_view column_name(int index) = 0;
  [[nodiscard]] virtual std::vector<ColumnInfo> columns() = 0;

  virtual void bind(int index, const ValueView& value) = 0;
  virtual void clear_bindings() = 0;
  virtual Step step() = 0;
  [[nodiscard]] virtual std::span<const ValueView> row() = 0;
  virtual void reset() noexcept = 0;
  // Rows changed by the execution that has just ended.
  [[nodiscard]] virtual std::int64_t changes() const = 0;
  // Marks the statement as a cursor: it ends with the transaction that is open now, if one is.
  virtual void bind_to_transaction() = 0;
};

}  // namespace libsql::core

#endif  // LIBSQL_CORE_PREPARED_STATEMENT_H_
