// Batches: many statements in one call, in one transaction or each by itself.
#include "libsql/batch.h"

#include <algorithm>
#include <utility>

#include "core/session.h"
#include "libsql/connection.h"

namespace libsql {
namespace {

bool may_write(const Batch& batch) {
  return std::ranges::any_of(batch.members(), [](const Batch::Member& member) {
    switch (statement_kind(member.sql)) {
      case StatementKind::insert:
      case StatementKind::update:
      case StatementKind::del:
      case StatementKind::ddl:
      case StatementKind::drop:
      case StatementKind::other:
        return true;
      case StatementKind::select:
      case StatementKind::pragma:
      case StatementKind::begin:
      case StatementKind::commit:
      case StatementKind::rollback:
      case StatementKind::savepoint:
      case StatementKind::release:
      case StatementKind::attach:
      case StatementKind::unknown:
        return false;
    }
    return true;
  });
}

// Holds the write lock for a scope: no other connection writes between two members, and a
// connection that must not wait fails before the first of them has run.
class WriteHold {
 public:
  explicit WriteHold(core::Session& session) : session_(session) { session_.hold_write(); }
  WriteHold(const WriteHold&) = delete;
  WriteHold& operator=(const WriteHold&) = delete;
  ~WriteHold() { session_.release_write(); }

 private:
  core::Session& session_;
};

std::vector<Value> copy_row(std::span<const ValueView> row) {
  std::vector<Value> values;
  values.reserve(row.size());
  for (const ValueView& value : row) values.push_back(value.to_value());
  return values;
}

void run_member(Connection& connection, const Batch::Member& member, AtomicScope* scope,
                BatchResult& result) {
  Statement statement = connection.cached(member.sql);
  if (scope != nullptr) scope->admit(statement);
  result.kind = statement.kind();
  statement.bind_all(std::vector<ValueView>(member.parameters.begin(), member.parameters.end()));
  if (!statement.returns_rows()) {
    result.count = statement.execute();
    return;
  }
  while (statement.step() == Step::row) result.rows.push_back(copy_row(statement.row()));
  for (int i = 0; i < statement.run_column_count(); ++i) {
    result.columns.emplace_back(statement.run_column_name(i));
  }
  const bool is_query = result.kind == StatementKind::select || statement.read_only();
  result.count = is_query ? static_cast<std::int64_t>(result.rows.size()) : connection.changes();
}

// `scope` is that of an atomic batch, null for any other.
std::vector<BatchResult> run_each(Connection& connection, const Batch& batch, OnError on_error,
                                  AtomicScope* scope = nullptr) {
  std::vector<BatchResult> results;
  results.reserve(batch.members().size());
  for (const Batch::Member& member : batch.members()) {
    BatchResult& result = results.emplace_back();
    try {
      run_member(connection, member, scope, result);
    } catch (const Error& error) {
      if (on_error == OnError::rollback) throw;
      result = BatchResult{};
      result.kind = statement_kind(member.sql);
      result.error = error;
      if (on_error == OnError::halt || error.ends_batch()) break;
    }
  }
  return results;
}

}  // namespace

Batch& Batch::add(Text sql, std::vector<Value> parameters) {
  members_.push_back({std::move(sql).str(), std::move(parameters)});
  return *this;
}

std::vector<BatchResult> Connection::run(const Batch& batch, OnError on_error) {
  const bool writes = may_write(batch);
  if (on_error == OnError::rollback) {
    AtomicScope scope(*this, writes ? TransactionMode::immediate : TransactionMode::deferred);
    std::vector<BatchResult> results = run_each(*this, batch, on_error, &scope);
    scope.keep();
    return results;
  }
  if (!writes) return run_each(*this, batch, on_error);
  const WriteHold hold(session());
  return run_each(*this, batch, on_error);
}

}  // namespace libsql
