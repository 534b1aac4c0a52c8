#include "server/statement_run.h"

#include "core/sql_scanner.h"
#include "libsql/sql.h"
#include "server/bind.h"
#include "server/failures.h"

namespace libsql::server {
namespace {

using core::SqlToken;

// BEGIN TRANSACTION READONLY, which libSQL adds to SQLite.
bool begins_read_only(std::string_view sql) {
  core::SqlScanner scanner(sql);
  if (!core::is_keyword(scanner.next().text, "BEGIN")) return false;
  SqlToken token = scanner.next();
  if (core::is_keyword(token.text, "TRANSACTION")) token = scanner.next();
  if (!core::is_keyword(token.text, "READONLY")) return false;
  do token = scanner.next();
  while (token.kind == SqlToken::Kind::semicolon);
  return token.kind == SqlToken::Kind::end;
}

bool controls_transaction(StatementKind kind) noexcept {
  switch (kind) {
    case StatementKind::begin:
    case StatementKind::commit:
    case StatementKind::rollback:
    case StatementKind::savepoint:
    case StatementKind::release:
      return true;
    default:
      return false;
  }
}

}  // namespace

void throw_transaction_timeout() {
  throw SqlError("TRANSACTION_TIMEOUT",
                 "Transaction timed-out: it kept other writers waiting and was rolled back");
}

Statement compile_only(Connection& connection, std::string_view sql) {
  std::string_view tail;
  std::optional<Statement> statement = connection.first(sql, tail);
  if (!statement) throw SqlError("SQL_NO_STATEMENT", "SQL string does not contain any statement");
  core::SqlScanner scanner(tail);
  SqlToken token = scanner.next();
  while (token.kind == SqlToken::Kind::semicolon) token = scanner.next();
  if (token.kind != SqlToken::Kind::end) {
    throw SqlError("SQL_MANY_STATEMENTS", "SQL string contains more than one statement");
  }
  return std::move(*statement);
}

void require_access(const Statement& statement, Access access) {
  if (access == Access::read_write || statement.read_only()) return;
  if (controls_transaction(statement.kind())) return;
  throw RequestRefused(403, "BLOCKED", "the token allows only reading");
}

void StatementRun::start(const hrana::Stmt& stmt, Access access) {
  // A short one would have ended before the connection looks.
  if (session_.gave_up()) throw Error(ErrorKind::interrupted, "the client has gone");
  const auto sql = std::get<std::string_view>(stmt.sql);
  if (!begins_read_only(sql)) return start(sql, stmt, access);
  start("BEGIN", stmt, access);
  session_.connection().refuse_writes();
}

StatementRun::~StatementRun() {
  statement_.reset();
  session_.statement_ended();
}

void StatementRun::start(std::string_view sql, const hrana::Stmt& stmt, Access access) {
  statement_.emplace(compile_only(session_.connection_for(sql), sql));
  require_access(*statement_, access);
  bind(*statement_, stmt);
  // COMMIT and the like change no page of their own.
  if (!statement_->read_only()) session_.take_write_turn();
  step();
  names_ = statement_->columns();
  columns_.reserve(names_.size());
  for (const ColumnInfo& info : names_) {
    hrana::Column& column = columns_.emplace_back();
    column.name = info.name;
    if (info.declared_type) column.declared_type = *info.declared_type;
  }
}

void StatementRun::step() {
  // Stepping a statement that was reset would run it again.
  if (evictions_ != session_.evictions()) throw_transaction_timeout();
  has_row_ = statement_->step() == Step::row;
}

std::optional<std::span<const ValueView>> StatementRun::next() {
  if (!first_ && has_row_) step();
  first_ = false;
  if (!has_row_) return std::nullopt;
  ++rows_;
  return statement_->row();
}

hrana::StepEnd StatementRun::finish() {
  hrana::StepEnd end;
  const StatementKind kind = statement_->kind();
  if (has_row_) statement_->reset();
  const Connection& connection = session_.connection();
  if (is_dml(kind)) end.affected_row_count = static_cast<std::uint64_t>(connection.changes());
  if (kind == StatementKind::insert) end.last_insert_rowid = connection.last_insert_rowid();
  const auto scanned = static_cast<std::uint64_t>(statement_->counters().full_scan_steps);
  end.rows_read = std::max(rows_, scanned);
  end.rows_written = end.affected_row_count;
  end.replication_index = session_.replication_index();
  const auto time = std::chrono::steady_clock::now() - began_;
  end.query_duration_ms = std::chrono::duration<double, std::milli>(time).count();
  return end;
}

}  // namespace libsql::server
