// A compiled SQL statement: bind, step, read columns in place.
#ifndef LIBSQL_STATEMENT_H_
#define LIBSQL_STATEMENT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "libsql/arguments.h"
#include "libsql/export.h"
#include "libsql/row.h"
#include "libsql/rows.h"
#include "libsql/sql.h"
#include "libsql/statement_info.h"
#include "libsql/value.h"

namespace libsql {

namespace core {
class PreparedStatement;
class Session;
}  // namespace core

// A temporary that owns its bytes, which are gone at the end of the expression.
template <typename T>
concept OwnsItsBytes = OneOf<T, std::string, Blob, Value, std::optional<std::string>,
                             std::optional<Blob>, std::optional<Value>>;

// A compiled SQL statement.
//
// Threads: thread-compatible, together with its connection.
// Lifetime: keeps its connection's session alive; may outlive the Connection object, but not its
// close(): from then on every call reports ErrorKind::closed, as those of a moved-from statement
// do.
class LIBSQL_API Statement {
 public:
  Statement(Statement&&) noexcept;
  Statement& operator=(Statement&&) noexcept;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  // Gives a cached statement back to its connection's cache, finalises any other.
  ~Statement();

  // The SQL text of this statement alone.
  [[nodiscard]] std::string_view sql() const noexcept;
  [[nodiscard]] StatementKind kind() const noexcept;
  // The statement cannot change the database file. Source: sqlite.org/c3ref/stmt_readonly.html
  [[nodiscard]] bool read_only() const;
  [[nodiscard]] StatementCounters counters() const;

  [[nodiscard]] int parameter_count() const;
  // The name with its prefix (":id", "@id", "$id", "?3"), empty for a plain "?". Counted from 1.
  // Errors: invalid_argument outside [1, parameter_count()].
  [[nodiscard]] std::string_view parameter_name(int index) const;
  // The index of a parameter; `name` with its prefix. 0 if there is none.
  [[nodiscard]] int parameter_index(TextView name) const;

  // Whether the statement has a result: a query, a write with RETURNING, some pragmas.
  [[nodiscard]] bool returns_rows() const;
  // Columns of the result, 0 without one: of the run in progress, and between two runs of the next
  // one, for which the schema is read again if another connection has changed it.
  // Errors: those of prepare(), for instance for a table that is no longer there.
  [[nodiscard]] int column_count() const;
  // Counted from 0; valid until the next call. Errors: also invalid_argument ("... out of bounds
  // ...").
  [[nodiscard]] std::string_view column_name(int index) const;
  [[nodiscard]] std::vector<ColumnInfo> columns() const;
  // The same of the run in progress or, once it has ended, of the last one. Does not access the
  // database.
  [[nodiscard]] int run_column_count() const;
  [[nodiscard]] std::string_view run_column_name(int index) const;

  // Binds `value` to parameter `index`, counted from 1. The bytes must stay valid until the next
  // bind of that parameter, clear_bindings() or the end of the execution: they are not copied.
  // Text must be UTF-8. Errors: invalid_argument for a bad index, too_big beyond SQLite's limit.
  void bind(int index, const ValueView& value);
  // Binds all parameters by position. Errors: invalid_argument "expected N parameters, got M".
  void bind_all(std::span<const ValueView> values);
  // Binds by name, with or without prefix. Errors: invalid_argument if there is no such parameter.
  void bind(TextView name, const ValueView& value);
  // Binds by name, with or without prefix, each parameter of the statement. Errors:
  // missing_parameters, by name; invalid_argument for a name that the statement does not have,
  // unless `unused` is Unused::ignore.
  void bind_named(std::span<const NamedView> values, Unused unused = Unused::refuse);
  // Values of types with a Conversion (value.h): the statement keeps what they become.
  template <Converted T>
  void bind(int index, const T& value) {
    keep(index, Value(value));
  }
  template <Converted T>
  void bind(TextView name, const T& value) {
    keep(named_index(name), Value(value));
  }
  // Their bytes would be gone before the statement runs; execute() takes them.
  template <OwnsItsBytes T>
  void bind(int index, T&& value) = delete;
  template <OwnsItsBytes T>
  void bind(TextView name, T&& value) = delete;
  void clear_bindings();

  // Advances. Errors: busy after Options::busy_timeout, interrupted, timeout, constraint, ...
  // After an error or Step::done the statement is reset by itself at the next bind or step.
  Step step();
  // The current row, empty if there is none; valid until the next step(), reset() or destruction.
  [[nodiscard]] Row row() const&;
  [[nodiscard]] Row row() const&& = delete;
  // Counted from 0. Errors: invalid_argument outside [0, column_count()), misuse without a row.
  [[nodiscard]] ValueView column(int index) const&;
  [[nodiscard]] ValueView column(int index) const&& = delete;
  // Advances; the row that is current then, or nothing at the end.
  [[nodiscard]] std::optional<Row> next() &;
  [[nodiscard]] std::optional<Row> next() && = delete;
  // The rows from the next one on, for a range-based for; read as in Row::as() if types are named:
  //   for (const auto [id, title] : statement.rows<std::int64_t, std::string_view>()) ...
  //   for (const Book& book : statement.rows<Book>()) ...
  // What is read from one row is valid until the next.
  template <typename... Columns>
  [[nodiscard]] RowRange<Statement, Columns...> rows() & {
    return RowRange<Statement, Columns...>(*this);
  }
  template <typename... Columns>
  void rows() && = delete;
  // Ends the execution and keeps the bindings.
  void reset();

  // Runs to the end and returns the number of rows changed (0 for queries, which are drained).
  std::int64_t execute();
  // Binds all parameters, as arguments.h says, and runs to the end.
  template <typename... Arguments>
  requires SqlArguments<Arguments...> std::int64_t execute(const Arguments&... arguments) {
    return detail::with_arguments(
        [this](const detail::ArgumentViews& views) {
          bind_arguments(views);
          return execute();
        },
        arguments...);
  }

 private:
  friend class Connection;
  friend class Cursor;
  friend struct ConnectionAccess;  // native/testing/session_of.h
  Statement(std::shared_ptr<core::Session> session, std::unique_ptr<core::PreparedStatement> impl);
  void give_back() noexcept;
  [[nodiscard]] core::PreparedStatement& impl() const;
  // Errors: invalid_argument if there is no such parameter.
  [[nodiscard]] int named_index(std::string_view name) const;
  void keep(int index, Value value);
  void bind_arguments(const detail::ArgumentViews& arguments);
  // The values of all parameters by position, owned.
  [[nodiscard]] std::vector<Value> owned(const detail::ArgumentViews& arguments) const;

  std::shared_ptr<core::Session> session_;
  std::unique_ptr<core::PreparedStatement> impl_;
  std::vector<Value> kept_;  // One per parameter, once a converted value is bound.
};

}  // namespace libsql

#endif  // LIBSQL_STATEMENT_H_
