#include "local/statement.h"

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

#include "core/sql_scanner.h"
#include "local/session.h"
#include "local/sql_value.h"
#include "local/statement_cost.h"
#include "local/vector_definition.h"

namespace libsql::local {

namespace {

void add(StatementCounters& total, const StatementCounters& some, int sign) noexcept {
  total.full_scan_steps += sign * some.full_scan_steps;
  total.sorts += sign * some.sorts;
  total.automatic_indexes += sign * some.automatic_indexes;
  total.instructions += sign * some.instructions;
}

}  // namespace

LocalStatement::LocalStatement(LocalSession& session, StmtHandle stmt, std::string sql)
    : session_(session),
      stmt_(std::move(stmt)),
      sql_(std::move(sql)),
      kind_(statement_kind(sql_)),
      read_only_(sqlite3_stmt_readonly(stmt_.get()) != 0),
      explains_(sqlite3_stmt_isexplain(stmt_.get()) != 0),
      savepoint_(core::savepoint_text(sql_)) {
  session_.enlist(this);
}

LocalStatement::~LocalStatement() {
  recycle();
  session_.forget(this);
}

sqlite3_stmt* LocalStatement::handle() const {
  if (!stmt_) throw Error(ErrorKind::closed, "the connection is closed");
  session_.refuse_in_callback();
  return stmt_.get();
}

void LocalStatement::detach() noexcept {
  running_ = false;
  described_.reset();
  stmt_.reset();
}

// --- Cost ---

bool LocalStatement::has_bounded_program() {
  if (uses_ == 0 && !read_only_) return false;
  const int recompilations = sqlite3_stmt_status(handle(), SQLITE_STMTSTATUS_REPREPARE, 0);
  if (recompilations != recompilations_) {
    // Reading the program compiles it once more.
    if (session_.cancellation().has_budget() && !compiles_quickly(sql_)) return false;
    recompilations_ = recompilations;
    bounded_program_ = read_only_ ? has_bounded_instructions(session_.db(), sql_)
                                  : local::has_bounded_program(session_.db(), sql_);
  }
  return bounded_program_;
}

StatementCounters LocalStatement::counters() const {
  static_cast<void>(handle());
  StatementCounters counters = raw_counters();
  add(counters, abandoned_, -1);
  return counters;
}

StatementCounters LocalStatement::raw_counters() const noexcept {
  const auto count = [this](int counter) { return sqlite3_stmt_status(stmt_.get(), counter, 0); };
  StatementCounters counters;
  counters.full_scan_steps = count(SQLITE_STMTSTATUS_FULLSCAN_STEP);
  counters.sorts = count(SQLITE_STMTSTATUS_SORT);
  counters.automatic_indexes = count(SQLITE_STMTSTATUS_AUTOINDEX);
  counters.instructions = count(SQLITE_STMTSTATUS_VM_STEP);
  return counters;
}

// A run that exceeds its budget is repeated elsewhere: its counters are subtracted, so that they
// count once.
void LocalStatement::abandon() noexcept {
  exceeded_budget_ = true;
  add(abandoned_, raw_counters(), 1);
  add(abandoned_, before_, -1);
}

StatementCost LocalStatement::cost() {
  if (session_.in_upkeep()) return StatementCost::unbounded;
  switch (kind_) {
    case StatementKind::select:
      return read_only_ && !exceeded_budget_ && has_bounded_program() ? StatementCost::bounded_read
                                                                      : StatementCost::unbounded;
    case StatementKind::begin:
      return StatementCost::bounded_write;
    case StatementKind::insert:
    case StatementKind::update:
    case StatementKind::del:
      return session_.writes_without_disk() && has_bounded_program() ? StatementCost::bounded_write
                                                                     : StatementCost::unbounded;
    case StatementKind::commit:
    case StatementKind::rollback:
    case StatementKind::savepoint:
    case StatementKind::release:
      return session_.end_of_transaction_cost();
    case StatementKind::ddl:
    case StatementKind::drop:
    case StatementKind::pragma:
    case StatementKind::attach:
    case StatementKind::other:
    case StatementKind::unknown:
      break;
  }
  return StatementCost::unbounded;
}

// --- Description ---

int LocalStatement::parameter_count() const { return sqlite3_bind_parameter_count(handle()); }

std::string_view LocalStatement::parameter_name(int index) const {
  const char* name = sqlite3_bind_parameter_name(handle(), index);
  return name == nullptr ? std::string_view() : name;
}

int LocalStatement::parameter_index(std::string_view name) const {
  return sqlite3_bind_parameter_index(handle(), std::string(name).c_str());
}

namespace {

std::string_view name_of(sqlite3_stmt* stmt, int index) {
  const char* name = sqlite3_column_name(stmt, index);
  return name == nullptr ? std::string_view() : name;
}

}  // namespace

int LocalStatement::run_column_count() const { return sqlite3_column_count(handle()); }

std::string_view LocalStatement::run_column_name(int index) const {
  return name_of(handle(), index);
}

// SQLite looks at the schema when a statement begins to run, and compiles it again if that has
// changed. To describe it before, the text is compiled again here, once SQLite has looked; the
// statement itself keeps what is bound to it. A pragma acts while it is compiled, so it is not.
sqlite3_stmt* LocalStatement::described() {
  sqlite3_stmt* const stmt = handle();
  if (running_ || kind_ == StatementKind::pragma || sqlite3_column_count(stmt) == 0) return stmt;
  session_.check_compilation(sql_);
  session_.verify_schema();
  described_ = session_.compile_again(sql_);
  return described_.get();
}

int LocalStatement::column_count() { return sqlite3_column_count(described()); }

std::string_view LocalStatement::column_name(int index) { return name_of(described(), index); }

std::vector<ColumnInfo> LocalStatement::columns() {
  sqlite3_stmt* const stmt = described();
  std::vector<ColumnInfo> columns;
  for (int i = 0; i < sqlite3_column_count(stmt); ++i) {
    ColumnInfo& column = columns.emplace_back();
    column.name = name_of(stmt, i);
    if (const char* origin = column_origin(stmt, i)) column.origin = origin;
    if (const char* type = sqlite3_column_decltype(stmt, i)) column.declared_type = type;
  }
  return columns;
}

// --- Execution ---

void LocalStatement::bind(int index, const ValueView& value) {
  sqlite3_stmt* stmt = handle();
  if (running_) reset();
  const std::string_view bytes = value.bytes();
  const char* data = bytes.empty() ? "" : bytes.data();
  int rc = SQLITE_OK;
  switch (value.type()) {
    case ValueType::null:
      rc = sqlite3_bind_null(stmt, index);
      break;
    case ValueType::integer:
      rc = sqlite3_bind_int64(stmt, index, value.integer());
      break;
    case ValueType::real:
      rc = sqlite3_bind_double(stmt, index, value.real());
      break;
    case ValueType::text:
      rc = sqlite3_bind_text64(stmt, index, data, bytes.size(), SQLITE_STATIC, SQLITE_UTF8);
      break;
    case ValueType::blob:
      rc = sqlite3_bind_blob64(stmt, index, data, bytes.size(), SQLITE_STATIC);
      break;
  }
  if (rc != SQLITE_OK) throw from_sqlite(session_.db(), rc, sql_);
  if (!explains_) return;
  const auto place = static_cast<std::size_t>(index) - 1;
  if (bound_.size() <= place) bound_.resize(place + 1);
  bound_[place] = value;
}

// An EXPLAIN runs nothing, so SQLite does not notice a changed schema and would read freed memory
// of the old one. Compiled again with its bindings, because the plan may depend on them.
void LocalStatement::compile_explanation() {
  stmt_ = session_.compile_again(sql_);
  abandoned_ = {};
  const std::vector<ValueView> bound = std::exchange(bound_, {});
  for (std::size_t place = 0; place < bound.size(); ++place) {
    bind(static_cast<int>(place) + 1, bound[place]);
  }
}

void LocalStatement::clear_bindings() {
  sqlite3_stmt* const stmt = handle();
  reset();
  bound_.clear();
  sqlite3_clear_bindings(stmt);
}

bool LocalStatement::is_vacuum() const noexcept {
  return kind_ == StatementKind::other &&
         core::is_keyword(core::SqlScanner(sql_).next().text, "VACUUM");
}

void LocalStatement::start() {
  if (ended_) {
    throw Error(ErrorKind::misuse, "the cursor has ended with its transaction")
        .with_statement(sql_);
  }
  described_.reset();
  if (explains_) compile_explanation();
  session_.statement_starts(*this);
  running_ = true;
  if (is_vacuum()) upkeep_.emplace(session_.queue());
  ++uses_;
  total_before_ = sqlite3_total_changes64(session_.db());
  hidden_before_ = session_.feed().hidden();
  feed_mark_ = session_.feed().mark();
  if (exceeded_budget_) started_ = std::chrono::steady_clock::now();
  if (session_.cancellation().has_budget()) before_ = raw_counters();
}

Step LocalStatement::step() {
  static_cast<void>(handle());
  if (!running_) start();
  row_.clear();
  const int rc = advance();
  if (rc == SQLITE_ROW) return Step::row;
  return finish(rc);
}

int LocalStatement::advance() {
  const bool defines = kind_ == StatementKind::ddl || kind_ == StatementKind::drop ||
                       kind_ == StatementKind::other;  // REINDEX
  if (defines && !read_only_) return step_definition(session_, stmt_.get(), sql_);
  if (kind_ == StatementKind::attach) return step_attach(session_, stmt_.get(), sql_);
  return session_.cancellation().step(stmt_.get());
}

Step LocalStatement::finish(int rc) {
  sqlite3* db = session_.db();
  const bool failed = rc != SQLITE_DONE;
  std::optional<Error> failure;
  std::exception_ptr no_memory;
  try {
    if (failed) failure = session_.error(rc, sql_);
  } catch (const std::bad_alloc&) {  // The statement must be ended without an error value, too.
    no_memory = std::current_exception();
  }
  sqlite3_reset(stmt_.get());
  running_ = false;
  upkeep_.reset();
  changes_ = is_dml(kind_) && !failed ? sqlite3_changes64(db) : 0;
  // A failed statement has been undone, except with OR FAIL, whose changes are kept and counted.
  // Those to the tables of an index on vectors are counted even if they are undone.
  const bool uncounted = sqlite3_total_changes64(db) == total_before_;
  const bool hides = session_.feed().hidden() != hidden_before_;
  const bool undone = failed && (uncounted || (hides && sqlite3_changes64(db) == 0));
  if (undone) session_.feed().cut(feed_mark_);
  if (failure && failure->kind() == ErrorKind::would_block && read_only_) {
    abandon();
  } else if (exceeded_budget_ &&
             std::chrono::steady_clock::now() - started_ < std::chrono::microseconds(500)) {
    exceeded_budget_ = false;
  }
  if (!read_only_) session_.note_write(bounded_program_);
  const bool was_in_transaction = session_.in_transaction();
  session_.statement_done(*this, !failed);
  if (no_memory) std::rethrow_exception(no_memory);
  if (failure) throw with_outcome(*failure, was_in_transaction);
  return Step::done;
}

Error LocalStatement::with_outcome(const Error& failure, bool was_in_transaction) const {
  Recovery recovery = failure.recovery();
  const bool over = !session_.in_transaction();
  recovery.transaction_lost |= was_in_transaction && over;
  recovery.outcome_unknown |=
      failure.kind() == ErrorKind::io && over && commits(was_in_transaction);
  return recovery == failure.recovery() ? failure : failure.with_recovery(recovery);
}

// Whether the run ends with a commit: one that ends its transaction, or a write outside of any. If
// an I/O error stops it there, SQLite rolls back, but cannot take back what may have reached the
// disk: the commit's frame in the write-ahead log, or the removal of the journal. What opens the
// database after a crash then finds it committed.
bool LocalStatement::commits(bool in_transaction) const noexcept {
  switch (kind_) {
    case StatementKind::begin:
    case StatementKind::savepoint:
    case StatementKind::rollback:
      return false;
    case StatementKind::commit:
    case StatementKind::release:
      return true;
    case StatementKind::select:
    case StatementKind::insert:
    case StatementKind::update:
    case StatementKind::del:
    case StatementKind::ddl:
    case StatementKind::drop:
    case StatementKind::pragma:
    case StatementKind::attach:
    case StatementKind::other:
    case StatementKind::unknown:
      break;
  }
  return !in_transaction && !read_only_;
}

void LocalStatement::reset() noexcept {
  if (!running_ || session_.cancellation().in_callback()) return;
  // Reset before its end under a budget: its result was too large, so the next run has no budget.
  if (read_only_ && session_.cancellation().has_budget()) abandon();
  // If the statement has written, sqlite3_reset() completes it and commits.
  sqlite3_reset(stmt_.get());
  running_ = false;
  upkeep_.reset();
  if (!read_only_) session_.note_write(bounded_program_);
  session_.statement_done(*this, true);
}

void LocalStatement::bind_to_transaction() {
  if (!session_.in_transaction()) return;
  transaction_ = session_.transaction_serial();
  session_.count_cursor(1);
}

void LocalStatement::end_with_transaction(std::uint64_t serial) noexcept {
  if (transaction_ == 0 || transaction_ != serial || !stmt_) return;
  ended_ = true;
  reset();
}

void LocalStatement::recycle() noexcept {
  reset();
  if (stmt_) sqlite3_clear_bindings(stmt_.get());
  described_.reset();
  bound_.clear();
  ended_ = false;
  if (std::exchange(transaction_, 0) != 0) session_.count_cursor(-1);
}

// --- Rows ---

// sqlite3_column_value() is called once instead of three sqlite3_column_ functions. Its result is
// "unprotected", which matters only if another thread uses the connection; none does.
void LocalStatement::read(int column, ValueView& view) const {
  try {
    read_value(sqlite3_column_value(stmt_.get(), column), view);
  } catch (const std::bad_alloc&) {
    throw error_for_code(SQLITE_NOMEM, sql_);
  }
}

std::span<const ValueView> LocalStatement::row() {
  sqlite3_stmt* stmt = handle();
  if (!running_) return {};
  if (!row_.empty()) return row_;  // Each row is read once.
  const int count = sqlite3_data_count(stmt);
  row_.resize(static_cast<std::size_t>(count));
  try {
    for (int i = 0; i < count; ++i) read(i, row_[static_cast<std::size_t>(i)]);
  } catch (...) {  // Out of memory: no partial row is returned.
    row_.clear();
    throw;
  }
  return row_;
}

}  // namespace libsql::local
