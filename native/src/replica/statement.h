// A statement of a replica's session that its caller steps: each run decides anew where.
#ifndef LIBSQL_REPLICA_STATEMENT_H_
#define LIBSQL_REPLICA_STATEMENT_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/prepared_statement.h"
#include "core/session.h"
#include "libsql/value.h"
#include "replica/sides.h"

namespace libsql::replica {

class ReplicaSession;

// Keeps copies of the bound values, for whichever side runs it.
//
// Threads: thread-compatible, together with its session, which outlives it.
class ReplicaStatement final : public core::PreparedStatement {
 public:
  // Compiles it, if it is to run here. Errors: as core::Session::prepare().
  ReplicaStatement(ReplicaSession& session, std::string sql, core::PrepareMode mode);
  ReplicaStatement(const ReplicaStatement&) = delete;
  ReplicaStatement& operator=(const ReplicaStatement&) = delete;
  ~ReplicaStatement() override;

  [[nodiscard]] std::string_view sql() const noexcept override { return sql_; }
  [[nodiscard]] StatementKind kind() const noexcept override { return kind_; }
  [[nodiscard]] bool read_only() const override { return is_local_; }
  [[nodiscard]] StatementCounters counters() const override { return described().counters(); }

  [[nodiscard]] int parameter_count() const override { return described().parameter_count(); }
  [[nodiscard]] std::string_view parameter_name(int index) const override {
    return described().parameter_name(index);
  }
  [[nodiscard]] int parameter_index(std::string_view name) const override {
    return described().parameter_index(name);
  }
  [[nodiscard]] int run_column_count() const override { return described().run_column_count(); }
  [[nodiscard]] std::string_view run_column_name(int index) const override {
    return described().run_column_name(index);
  }
  [[nodiscard]] int column_count() override { return described().column_count(); }
  [[nodiscard]] std::string_view column_name(int index) override {
    return described().column_name(index);
  }
  [[nodiscard]] std::vector<ColumnInfo> columns() override { return described().columns(); }

  void bind(int index, const ValueView& value) override;
  void clear_bindings() override;
  Step step() override;
  [[nodiscard]] std::span<const ValueView> row() override;
  void reset() noexcept override;
  [[nodiscard]] std::int64_t changes() const override;
  void bind_to_transaction() override { is_cursor_ = true; }

 private:
  [[nodiscard]] Side side() const;
  [[nodiscard]] core::PreparedStatement& on(Side side) const;
  [[nodiscard]] core::PreparedStatement& here() const;
  [[nodiscard]] core::PreparedStatement& there() const;
  // The one that runs, or that would run next.
  [[nodiscard]] core::PreparedStatement& described() const;
  void give_back() const noexcept;

  ReplicaSession& session_;
  const std::string sql_;
  const core::PrepareMode mode_;
  const StatementKind kind_;
  const bool is_local_;
  bool is_cursor_ = false;
  std::optional<Side> running_;
  core::PreparedStatement* latest_ = nullptr;  // That has run.
  std::vector<Value> values_;
  // Made when they are needed.
  mutable std::shared_ptr<core::Session> local_session_;
  mutable std::unique_ptr<core::PreparedStatement> local_;
  mutable std::unique_ptr<core::PreparedStatement> remote_;
};

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_STATEMENT_H_
