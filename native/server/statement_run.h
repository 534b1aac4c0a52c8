// One execution of one statement: compiled, checked, bound, and read row by row.
#ifndef LIBSQL_SERVER_STATEMENT_RUN_H_
#define LIBSQL_SERVER_STATEMENT_RUN_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hrana/messages.h"
#include "hrana/receiver.h"
#include "libsql/statement.h"
#include "server/sql_session.h"

namespace libsql::server {

// The one statement of a text. Errors: SqlError SQL_NO_STATEMENT, SQL_MANY_STATEMENTS; Error.
[[nodiscard]] Statement compile_only(Connection& connection, std::string_view sql);

// Errors: RequestRefused 403 unless `access` allows it.
void require_access(const Statement& statement, Access access);

// Lifetime: borrows the session and the values.
// Threads: the session's.
class StatementRun {
 public:
  explicit StatementRun(SqlSession& session) : session_(session), evictions_(session.evictions()) {
    session.statement_begins();
  }
  StatementRun(const StatementRun&) = delete;
  StatementRun& operator=(const StatementRun&) = delete;
  ~StatementRun();

  // Once: compiles, checks, binds, and makes the first step.
  // Errors: SqlError, Error; RequestRefused.
  void start(const hrana::Stmt& stmt, Access access);
  // Valid as long as this object.
  [[nodiscard]] std::span<const hrana::Column> columns() const noexcept { return columns_; }
  // The next row, or nothing at the end; valid until the next call. Errors: SqlError, Error.
  [[nodiscard]] std::optional<std::span<const ValueView>> next();
  // REQUIRES: next() gave nothing, or no more rows are wanted.
  [[nodiscard]] hrana::StepEnd finish();

 private:
  void start(std::string_view sql, const hrana::Stmt& stmt, Access access);
  void step();

  SqlSession& session_;
  const std::uint64_t evictions_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::optional<Statement> statement_;
  std::vector<ColumnInfo> names_;
  std::vector<hrana::Column> columns_;
  bool has_row_ = false;
  bool first_ = true;
  std::uint64_t rows_ = 0;
};

// The error of everything that a program runs whose transaction was taken away.
[[noreturn]] void throw_transaction_timeout();

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_STATEMENT_RUN_H_
