// A compiled SQLite statement in a session: its runs, with write lock, cancellation and change
// count.
#ifndef LIBSQL_LOCAL_STATEMENT_H_
#define LIBSQL_LOCAL_STATEMENT_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sqlite3.h>

#include "core/prepared_statement.h"
#include "core/sql_savepoint.h"
#include "local/sqlite.h"
#include "local/writer_queue.h"

namespace libsql::local {

class LocalSession;
class LocalStatement;

// What a statement may cost: what a request under a budget has to know.
enum class StatementCost : std::uint8_t {
  bounded_read,   // A query without an instruction that may take long; it runs under the budget.
  bounded_write,  // Touches a fixed number of rows and waits for no disk: never needs a budget.
  unbounded,      // Anything else, and queries that exceeded their budget lately.
};

// An entry of the statement cache (statement_cache.h). `idle` owns the statement while nobody uses
// it; `statement` points to it at all times.
struct CacheSlot {
  std::string sql;
  std::unique_ptr<LocalStatement> idle;
  LocalStatement* statement = nullptr;
};

// Threads: thread-compatible, together with its session.
// Lifetime: may outlive the session's close(), after which each call reports ErrorKind::closed; the
// session object itself outlives it (the public Statement holds both).
class LocalStatement final : public core::PreparedStatement {
 public:
  LocalStatement(LocalSession& session, StmtHandle stmt, std::string sql);
  LocalStatement(const LocalStatement&) = delete;
  LocalStatement& operator=(const LocalStatement&) = delete;
  ~LocalStatement() override;

  [[nodiscard]] std::string_view sql() const noexcept override { return sql_; }
  [[nodiscard]] StatementKind kind() const noexcept override { return kind_; }
  [[nodiscard]] bool read_only() const override { return read_only_; }
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
  [[nodiscard]] std::span<const ValueView> row() override;
  void reset() noexcept override;
  [[nodiscard]] std::int64_t changes() const override { return changes_; }
  void bind_to_transaction() override;

  // --- For the session ---

  [[nodiscard]] StatementCost cost();
  // Finalises: the session is closing.
  void detach() noexcept;
  // The transaction has ended; a cursor of that transaction ends with it.
  void end_with_transaction(std::uint64_t serial) noexcept;
  // Made ready for its next user: reset, nothing bound.
  void recycle() noexcept;
  [[nodiscard]] const std::optional<core::SavepointText>& savepoint() const { return savepoint_; }
  [[nodiscard]] CacheSlot* slot() const noexcept { return slot_; }
  void set_slot(CacheSlot* slot) noexcept { slot_ = slot; }

 private:
  [[nodiscard]] sqlite3_stmt* handle() const;
  // The compiled statement that describes the next run, or the one in progress.
  [[nodiscard]] sqlite3_stmt* described();
  void start();
  [[nodiscard]] bool is_vacuum() const noexcept;
  void compile_explanation();
  // One step. A statement that makes or ends an index on vectors is run to its end; one that
  // attaches a file makes those ours that libSQL has built.
  [[nodiscard]] int advance();
  Step finish(int rc);
  // The error of a failed run, with what has become of the transaction that was open in it.
  [[nodiscard]] Error with_outcome(const Error& failure, bool was_in_transaction) const;
  [[nodiscard]] bool commits(bool in_transaction) const noexcept;
  [[nodiscard]] StatementCounters raw_counters() const noexcept;
  void abandon() noexcept;
  // Sets `view` in place, because copying a ValueView right after its parts were stored stalls.
  void read(int column, ValueView& view) const;
  // Reads the program of a query at its first use, that of a write at its second, and again after
  // each recompilation.
  [[nodiscard]] bool has_bounded_program();

  LocalSession& session_;
  StmtHandle stmt_;
  StmtHandle described_;  // The same text, compiled again to describe it; until the next run.
  const std::string sql_;
  const StatementKind kind_;
  const bool read_only_;
  const bool explains_;
  const std::optional<core::SavepointText> savepoint_;
  CacheSlot* slot_ = nullptr;

  bool running_ = false;
  bool ended_ = false;             // A cursor whose transaction has ended.
  std::uint64_t transaction_ = 0;  // The serial it is bound to; 0: none.
  std::int64_t changes_ = 0;
  std::int64_t total_before_ = 0;
  std::int64_t hidden_before_ = 0;
  std::size_t feed_mark_ = 0;
  std::optional<Upkeep> upkeep_;  // of a VACUUM, while it runs
  std::vector<ValueView> row_;
  std::vector<ValueView> bound_;  // Of an EXPLAIN; not copied, as by SQLite.

  int uses_ = 0;
  int recompilations_ = -1;  // When the estimate was made.
  bool bounded_program_ = false;
  bool exceeded_budget_ = false;  // Its last run exceeded the budget.
  std::chrono::steady_clock::time_point started_;
  StatementCounters before_;     // When its run under a budget began.
  StatementCounters abandoned_;  // By runs that were given up.
};

}  // namespace libsql::local

#endif  // LIBSQL_LOCAL_STATEMENT_H_
