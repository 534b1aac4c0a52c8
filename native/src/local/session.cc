#include "local/session.h"

#include <algorithm>
#include <utility>

#include "core/sql_refused.h"
#include "libsql/sql.h"
#include "local/open_handles.h"
#include "local/statement_cost.h"
#include "local/vector_definition.h"

namespace libsql::local {

namespace {

// Whether a statement of this kind is meant to end a transaction.
constexpr bool ends_transaction(StatementKind kind) noexcept {
  return kind == StatementKind::commit || kind == StatementKind::rollback ||
         kind == StatementKind::release;
}

// Calls `observer` as a callback of the connection's. Nothing without one.
VectorBuildObserver guarded(const VectorBuildObserver& observer, Cancellation& cancellation) {
  if (!observer) return {};
  return [observer, &cancellation](const VectorBuild& build) {
    const Cancellation::CallbackScope scope(cancellation);
    try {
      observer(build);
    } catch (...) {  // NOLINT(bugprone-empty-catch): as libsql/vector_build.h says
    }
  };
}

}  // namespace

LocalSession::LocalSession(DbHandle db, Keys keys, const Options& options)
    : keys_(std::move(keys)),
      db_(std::move(db)),
      vector_builds_(guarded(options.vector_build_observer, *cancellation_)),
      cache_(options.statement_cache_size),
      handles_(std::make_unique<OpenHandles>()),
      auto_checkpoint_(options.wal_auto_checkpoint) {
  cancellation_->install(db_.get(), options.progress_steps);
  cancellation_->set_busy_timeout(options.busy_timeout);
}

LocalSession::~LocalSession() { close(); }

void LocalSession::refuse_in_callback() const {
  if (!cancellation_->in_callback()) return;
  throw Error(ErrorKind::misuse, "a callback must not use the connection that has called it");
}

sqlite3* LocalSession::db() const {
  if (!db_) throw Error(ErrorKind::closed, "the connection is closed");
  refuse_in_callback();
  return db_.get();
}

void LocalSession::close() noexcept {
  if (cancellation_->in_callback()) {
    // What has called it needs the connection to its end.
    try {
      refuse_in_callback();
    } catch (const Error& error) {
      cancellation_->keep_failure(error);
    } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): nothing is closed
    }
    return;
  }
  if (!open_.exchange(false)) return;
  for (auto& control : controls_) control.reset();
  dropped_.clear();
  cache_.clear();  // First: its slots point to the statements that are in use.
  handles_->close_all();
  for (LocalStatement* statement : live_) statement->detach();
  end_blobs(LocalBlob::State::closed);
  for (const auto& weak : tickets_) {
    if (const auto ticket = weak.lock()) ticket->cancel();
  }
  DbHandle closing;
  {
    const core::MutexLock lock(handle_mutex_);
    closing = std::move(db_);
  }
  if (sqlite3_get_autocommit(closing.get()) == 0) {
    sqlite3_exec(closing.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
  // An interrupt that no statement has seen would stop the checkpoint with which the last
  // connection removes the log. Running any statement clears it.
  sqlite3_exec(closing.get(), "SELECT 1", nullptr, nullptr, nullptr);
  cancellation_->uninstall();
  closing.reset();
  keys_.clear();
  in_transaction_ = false;
  if (std::exchange(has_write_, false)) queue_->release();
}

// --- Statements ---

StmtHandle LocalSession::compile_next(std::string_view sql, std::string_view* tail) {
  access_.forget_denials();
  // An empty statement (";", a comment) compiles to nothing: go on behind it.
  while (!sql.empty()) {
    sqlite3_stmt* stmt = nullptr;
    const char* rest = nullptr;
    const int rc = sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &stmt, &rest);
    // If a lock prevents SQLite from reading the new schema, it goes on with the old one and
    // reports "no such table": the reason why the read was stopped is the cause.
    const bool stopped = cancellation_->reason() != Cancellation::Reason::none;
    if (rc != SQLITE_OK) throw error(stopped ? SQLITE_BUSY : rc, sql);
    const auto used = static_cast<std::size_t>(rest - sql.data());
    *tail = sql.substr(used);
    if (stmt != nullptr) return StmtHandle(stmt);
    if (used == 0) break;
    sql = *tail;
  }
  *tail = {};
  return nullptr;
}

void LocalSession::check_compilation(std::string_view sql) const {
  if (!cancellation_->has_budget() || compiles_quickly(sql)) return;
  throw Error(ErrorKind::would_block, "compiling may exceed the work budget").with_statement(sql);
}

// sqlite3_prepare copies the whole text for each statement, which is quadratic for a long script:
// so the next statement is cut out first. It is not cached, because scripts rarely repeat
// statements.
std::unique_ptr<LocalStatement> LocalSession::compile(std::string_view sql, core::PrepareMode mode,
                                                      std::string_view* tail) {
  constexpr std::size_t kLongText = std::size_t{16} * 1024;
  db();
  dropped_.clear();
  *tail = {};
  if (mode == core::PrepareMode::cached) {
    if (auto statement = cache_.take(sql)) return statement;
  }
  while (sql.size() > kLongText) {
    const std::string_view text = first_statement(sql);
    if (statement_kind(sql.substr(text.size())) == StatementKind::unknown) break;
    auto statement = compile_text(text, core::PrepareMode::fresh, tail);
    const std::string_view rest = sql.substr(text.size() - tail->size());
    *tail = statement_kind(rest) == StatementKind::unknown ? std::string_view() : rest;
    if (statement != nullptr || tail->empty()) return statement;
    sql = rest;
  }
  return compile_text(sql, mode, tail);
}

std::unique_ptr<LocalStatement> LocalSession::compile_text(std::string_view sql,
                                                           core::PrepareMode mode,
                                                           std::string_view* tail) {
  const StatementKind kind = statement_kind(sql);
  if (!is_dml(kind)) {
    refuse_key_in_sql(sql);
    // EXPLAIN compiles a pragma, which then acts.
    if (keys_.any()) refuse_temporary_files(sql);
  }
  // Pragmas act and read their values while they are compiled, so each use compiles again.
  const bool pragma = kind == StatementKind::pragma;
  core::refuse_zero_byte(sql);
  if (sql.size() >
      static_cast<std::size_t>(sqlite3_limit(db_.get(), SQLITE_LIMIT_SQL_LENGTH, -1))) {
    throw error_for_code(SQLITE_TOOBIG);
  }
  check_compilation(sql);
  cancellation_->start(running_ == 0, Cancellation::Stop::on_request);
  // A replica may get an index of libSQL's at any time.
  if (sqlite3_db_readonly(db_.get(), "main") == 1) take_over_libsql_indexes(*this);
  StmtHandle stmt = pragma ? compile_pragma(sql, tail) : compile_next(sql, tail);
  if (!stmt) return nullptr;
  if (statement_kind(*tail) == StatementKind::unknown) *tail = {};
  const std::string_view text = sql.substr(0, sql.size() - tail->size());
  auto statement = std::make_unique<LocalStatement>(*this, std::move(stmt), std::string(text));
  if (mode == core::PrepareMode::cached && !pragma && tail->empty()) cache_.reserve(*statement);
  return statement;
}

std::unique_ptr<LocalStatement> LocalSession::compile_one(std::string_view sql,
                                                          core::PrepareMode mode) {
  std::string_view tail;
  auto statement = compile(sql, mode, &tail);
  if (statement != nullptr && tail.empty()) return statement;
  const bool none = statement == nullptr;
  if (!none) give_back(std::move(statement));
  throw Error(ErrorKind::invalid_argument, none ? "the SQL text contains no statement"
                                                : "the SQL text contains more than one statement");
}

void LocalSession::give_back(std::unique_ptr<core::PreparedStatement> statement) noexcept {
  auto* local = static_cast<LocalStatement*>(statement.release());
  std::unique_ptr<LocalStatement> owned(local);
  if (cancellation_->in_callback()) {
    // It may be the one that runs.
    dropped_.push_back(std::move(owned));
    return;
  }
  if (!open_ || local->slot() == nullptr) return;
  local->recycle();
  cache_.give_back(std::move(owned));
}

Error LocalSession::error(int rc, std::string_view sql) const {
  using Reason = Cancellation::Reason;
  const int primary = rc & 0xff;
  const Reason reason = cancellation_->reason();
  if (const auto& failure = cancellation_->failure()) return failure->with_statement(sql);
  const bool stopped = primary == SQLITE_INTERRUPT || primary == SQLITE_BUSY;
  if (stopped && reason == Reason::timeout) {
    return Error(ErrorKind::timeout, "interrupted: the deadline has passed", SQLITE_INTERRUPT)
        .with_statement(sql);
  }
  if (stopped && reason == Reason::budget) {
    return Error(ErrorKind::would_block, "the work budget is spent", rc).with_statement(sql);
  }
  if (stopped && reason == Reason::interrupted) return error_for_code(SQLITE_INTERRUPT, sql);
  Error failure = from_sqlite(db_.get(), rc, sql);
  if (failure.code() == SQLITE_ERROR && access_.has_denied()) {
    return Error(ErrorKind::denied, failure.message(), failure.extended_code())
        .with_statement(sql, failure.sql_offset());
  }
  if (failure.kind() == ErrorKind::not_a_database && statement_kind(sql) == StatementKind::attach) {
    // The attached file is no database; the connection itself is intact.
    return Error(ErrorKind::cannot_open, failure.message(), rc).with_statement(sql);
  }
  if (failure.extended_code() == SQLITE_BUSY_SNAPSHOT) {
    return Error(ErrorKind::busy,
                 failure.message() +
                     ": another transaction has written since this one began to read; use "
                     ":immediate (BEGIN IMMEDIATE) for transactions that write",
                 SQLITE_BUSY_SNAPSHOT)
        .with_statement(sql);
  }
  return failure;
}

namespace {

Cancellation::Stop stop_of(const LocalStatement& statement) noexcept {
  switch (statement.kind()) {
    case StatementKind::begin:
    case StatementKind::commit:
    case StatementKind::rollback:
    case StatementKind::savepoint:
    case StatementKind::release:
      return Cancellation::Stop::never;
    default:
      return statement.read_only() ? Cancellation::Stop::on_budget : Cancellation::Stop::on_request;
  }
}

}  // namespace

void LocalSession::statement_starts(const LocalStatement& statement) {
  const StatementKind kind = statement.kind();
  // For sqlite3_stmt_readonly() many pragmas that only read are writes. Those that write wait in
  // the busy handler instead of the queue.
  const bool writes = !statement.read_only() && kind != StatementKind::pragma;
  cancellation_->start(running_ == 0, stop_of(statement));
  access_.forget_denials();
  if (!in_transaction_) end_refusals();
  if (writes && refusals_ == 0) acquire_write(statement.sql());
  if (kind == StatementKind::commit || kind == StatementKind::rollback) {
    // A plain ROLLBACK or COMMIT ends the cursors of its transaction; ROLLBACK TO does not.
    if (!statement.savepoint()) {
      end_cursors();
    }
  }
  ++running_;
}

void LocalSession::statement_done(const LocalStatement& statement, bool ok) noexcept {
  --running_;
  if (ok && feed_.active() && statement.savepoint()) {
    try {
      feed_.savepoint(*statement.savepoint());
    } catch (...) {  // NOLINT(bugprone-empty-catch): out of memory loses an event, not the database
    }
  }
  const std::uint64_t open = in_transaction_ ? serial_ : 0;
  transaction_boundary();
  if (!in_transaction_ && !ends_transaction(statement.kind()))
    auto_rolled_back_ = open != 0 ? open : auto_rolled_back_;
  // After a write within a transaction the answer is known; asking SQLite is comparatively slow.
  const bool writing = (ok && in_transaction_ && is_dml(statement.kind())) ||
                       sqlite3_txn_state(db_.get(), nullptr) == SQLITE_TXN_WRITE;
  // Before the turn ends: if another writer appends to the log meanwhile, the checkpoint never
  // copies the whole of it, and the log cannot restart.
  const bool in_turn = has_write_ || !queue_;
  const bool may_sync = in_turn && !writing && !cancellation_->has_budget();
  if (may_sync) run_due_checkpoints();
  const bool sync_ahead = may_sync && log_sync_due();
  if (!writing) end_turn();
  if (sync_ahead) sync_log();
  if (feed_.active() && !in_transaction_ && !writing) flush_events();
  if (ok && statement.kind() == StatementKind::attach) keys_.reserve_attached(db_.get());
  if (statement.kind() == StatementKind::pragma) {
    try {
      refresh_settings();
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
      // The known settings are kept; the next pragma reads them again.
    }
  }
}

void LocalSession::flush_events() noexcept {
  const Cancellation::CallbackScope scope(*cancellation_);
  feed_.flush();
}

void LocalSession::end_cursors() noexcept {
  if (serial_ != 0) end_blobs(LocalBlob::State::ended_with_transaction, serial_);
  if (cursors_ == 0) return;
  for (LocalStatement* cursor : live_) cursor->end_with_transaction(serial_);
}

void LocalSession::transaction_boundary() noexcept {
  const bool open = sqlite3_get_autocommit(db_.get()) == 0;
  if (open == in_transaction_) return;
  in_transaction_ = open;
  if (open) {
    ++serial_;
    writes_ = 0;
  } else {
    end_cursors();
    end_refusals();
  }
}

void LocalSession::reset() {
  db();
  for (LocalStatement* statement : live_) statement->reset();
  end_blobs(LocalBlob::State::closed);
  rollback();
}

void LocalSession::interrupt() noexcept {
  cancellation_->interrupt();
  const core::MutexLock lock(handle_mutex_);
  if (db_) sqlite3_interrupt(db_.get());
}

}  // namespace libsql::local
