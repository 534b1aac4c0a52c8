// A statement that its caller steps, over a server: the synchronous classes Statement and Cursor.
#ifndef LIBSQL_REMOTE_STATEMENT_H_
#define LIBSQL_REMOTE_STATEMENT_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/prepared_statement.h"
#include "libsql/value.h"
#include "remote/session_core.h"

namespace libsql::remote {

// The first step() runs the statement and waits for its rows; those of a cursor come in portions.
// Columns before the first run are asked from the server.
//
// Threads: thread-compatible; not on the I/O thread, whose answers it waits for.
class RemoteStatement final : public core::PreparedStatement {
 public:
  RemoteStatement(std::shared_ptr<SessionCore> core, std::string sql);
  RemoteStatement(const RemoteStatement&) = delete;
  RemoteStatement& operator=(const RemoteStatement&) = delete;
  ~RemoteStatement() override;

  [[nodiscard]] std::string_view sql() const noexcept override { return sql_; }
  [[nodiscard]] StatementKind kind() const noexcept override { return kind_; }
  [[nodiscard]] bool read_only() const override;
  [[nodiscard]] StatementCounters counters() const override;

  [[nodiscard]] int parameter_count() const override;
  [[nodiscard]] std::string_view parameter_name(int index) const override;
  [[nodiscard]] int parameter_index(std::string_view name) const override;
  [[nodiscard]] int run_column_count() const override;
  [[nodiscard]] std::string_view run_column_name(int index) const override;
  [[nodiscard]] int column_count() override;
  [[nodiscard]] std::string_view column_name(int index) override;
  [[nodiscard]] std::vector<ColumnInfo> columns() override;

  void bind(int index, const ValueView& value) override;
  void clear_bindings() override;
  Step step() override;
  [[nodiscard]] std::span<const ValueView> row() override { return row_views_; }
  void reset() noexcept override;
  [[nodiscard]] std::int64_t changes() const override { return changes_; }
  void bind_to_transaction() override { is_cursor_ = true; }

 private:
  class Collector;

  void run();
  void open_cursor();
  [[nodiscard]] bool fetch();
  void close_cursor() noexcept;
  void take(Collector& collected);
  [[nodiscard]] const StatementDescription& description() const;

  const std::shared_ptr<SessionCore> core_;
  const std::string sql_;
  const StatementKind kind_;
  const std::vector<std::string_view> parameters_;
  std::vector<ValueView> values_;
  bool is_cursor_ = false;

  mutable std::optional<StatementDescription> description_;
  bool running_ = false;
  bool has_columns_ = false;  // Of a run.
  std::vector<std::string> columns_;
  std::deque<std::vector<Value>> rows_;
  std::vector<Value> row_;
  std::vector<ValueView> row_views_;
  std::optional<CursorId> cursor_;
  bool last_ = true;  // No portion of the cursor is left.
  std::int64_t changes_ = 0;
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_STATEMENT_H_
