#include "local/session.h"

#include <algorithm>
#include <utility>

#include "libsql/sql.h"
#include "local/statement_cost.h"

namespace libsql::local {

namespace {

constexpr const char* kControlSql[] = {"BEGIN", "BEGIN IMMEDIATE", "BEGIN EXCLUSIVE", "COMMIT",
                                       "ROLLBACK"};

// Whether a statement of this kind is meant to end a transaction.
constexpr bool ends_transaction(StatementKind kind) noexcept {
  return kind == StatementKind::commit || kind == StatementKind::rollback ||
         kind == StatementKind::release;
}

// Returns a statement to the cache at the end of the scope.
class BorrowedStatement {
 public:
  BorrowedStatement(LocalSession& session,
                    std::unique_ptr<core::PreparedStatement> statement) noexcept
      : session_(session), statement_(std::move(statement)) {}
  BorrowedStatement(const BorrowedStatement&) = delete;
  BorrowedStatement& operator=(const BorrowedStatement&) = delete;
  ~BorrowedStatement() { session_.give_back(std::move(statement_)); }

  core::PreparedStatement* operator->() const noexcept { return statement_.get(); }

 private:
  LocalSession& session_;
  std::unique_ptr<core::PreparedStatement> statement_;
};

}  // namespace

LocalSession::LocalSession(DbHandle db, Keys keys, const Options& options)
    : keys_(std::move(keys)),
      db_(std::move(db)),
      cache_(options.statement_cache_size),
      auto_checkpoint_(options.wal_auto_checkpoint) {
  cancellation_->install(db_.get(), options.progress_steps);
  cancellation_->set_busy_timeout(options.busy_timeout);
}

LocalSession::~LocalSession() { close(); }

sqlite3* LocalSession::db() const {
  if (!db_) throw Error(ErrorKind::closed, "the connection is closed");
  return db_.get();
}

void LocalSession::close() noexcept {
  if (!open_.exchange(false)) return;
  for (auto& control : controls_) control.reset();
  cache_.clear();
  for (LocalStatement* statement : live_) statement->detach();
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

std::unique_ptr<core::PreparedStatement> LocalSession::prepare(std::string_view sql,
                                                               core::PrepareMode mode,
                                                               std::string_view* tail) {
  db();
  *tail = {};
  const bool lookup = mode == core::PrepareMode::cached;
  if (lookup) {
    if (auto statement = cache_.take(sql)) return statement;
  }
  const StatementKind kind = statement_kind(sql);
  if (kind == StatementKind::pragma || kind == StatementKind::attach) refuse_key_in_sql(sql);
  // Pragmas act and read their values while they are compiled, so each use compiles again.
  const bool pragma = kind == StatementKind::pragma;
  const std::size_t zero = sql.find('\0');
  if (zero != std::string_view::npos) {
    throw Error(ErrorKind::invalid_argument,
                "the SQL text contains a NUL byte at offset " + std::to_string(zero));
  }
  if (sql.size() >
      static_cast<std::size_t>(sqlite3_limit(db_.get(), SQLITE_LIMIT_SQL_LENGTH, -1))) {
    throw error_for_code(SQLITE_TOOBIG);
  }
  if (cancellation_->has_budget() && !compiles_quickly(sql)) {
    throw Error(ErrorKind::would_block, "compiling may exceed the work budget").with_statement(sql);
  }
  cancellation_->start(running_ == 0, false);
  StmtHandle stmt = pragma ? compile_pragma(sql, tail) : compile_next(sql, tail);
  if (!stmt) return nullptr;
  if (statement_kind(*tail) == StatementKind::unknown) *tail = {};
  const std::string_view text = sql.substr(0, sql.size() - tail->size());
  auto statement = std::make_unique<LocalStatement>(*this, std::move(stmt), std::string(text));
  if (lookup && !pragma && tail->empty()) cache_.reserve(*statement);
  return statement;
}

void LocalSession::give_back(std::unique_ptr<core::PreparedStatement> statement) noexcept {
  auto* local = static_cast<LocalStatement*>(statement.release());
  std::unique_ptr<LocalStatement> owned(local);
  if (!open_ || local->slot() == nullptr) return;
  local->recycle();
  cache_.give_back(std::move(owned));
}

Error LocalSession::error(int rc, std::string_view sql) const {
  using Reason = Cancellation::Reason;
  const int primary = rc & 0xff;
  const Reason reason = cancellation_->reason();
  const bool stopped = primary == SQLITE_INTERRUPT || primary == SQLITE_BUSY;
  if (stopped && reason == Reason::timeout) {
    return Error(ErrorKind::timeout, "interrupted: the deadline has passed", SQLITE_INTERRUPT)
        .with_statement(sql);
  }
  if (stopped && reason == Reason::budget) {
    return Error(ErrorKind::would_block, "the work budget is spent", rc).with_statement(sql);
  }
  if (stopped && reason == Reason::interrupted) return error_for_code(SQLITE_INTERRUPT, sql);
  const Error failure = from_sqlite(db_.get(), rc, sql);
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

void LocalSession::statement_starts(const LocalStatement& statement) {
  const StatementKind kind = statement.kind();
  // For sqlite3_stmt_readonly() many pragmas that only read are writes. Those that write wait in
  // the busy handler instead of the queue.
  const bool writes = !statement.read_only() && kind != StatementKind::pragma;
  cancellation_->start(running_ == 0, statement.read_only());
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
  if (feed_.active() && !in_transaction_ && !writing) feed_.flush();
  if (ok && statement.kind() == StatementKind::attach) keys_.reserve_attached(db_.get());
  if (statement.kind() == StatementKind::pragma) {
    try {
      refresh_settings();
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
      // The known settings are kept; the next pragma reads them again.
    }
  }
}

void LocalSession::end_cursors() noexcept {
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
  rollback();
}

// --- Transactions ---

LocalStatement& LocalSession::control(Control control) {
  const auto index = static_cast<std::size_t>(control);
  auto& statement = controls_[index];
  if (!statement) {
    const char* const sql = kControlSql[index];
    std::string_view tail;
    statement = std::make_unique<LocalStatement>(*this, compile_next(sql, &tail), sql);
  }
  return *statement;
}

void LocalSession::run_control(Control which) {
  // Rolling back must not need memory, so its statement is compiled before any transaction begins.
  static_cast<void>(control(Control::rollback));
  control(which).step();
}

void LocalSession::begin(TransactionMode mode) {
  db();
  if (in_transaction_) {
    throw Error(ErrorKind::misuse, "cannot start a transaction within a transaction", SQLITE_ERROR);
  }
  switch (mode) {
    case TransactionMode::immediate:
      return run_control(Control::immediate);
    case TransactionMode::exclusive:
      return run_control(Control::exclusive);
    case TransactionMode::deferred:
      return run_control(Control::deferred);
    case TransactionMode::read_only:
      run_control(Control::deferred);
      try {
        refuse_writes();
      } catch (const std::exception&) {
        rollback();
        throw;
      }
  }
}

void LocalSession::commit() {
  db();
  if (!in_transaction_) {
    throw Error(ErrorKind::misuse, "cannot commit - no transaction is active", SQLITE_ERROR);
  }
  try {
    run_control(Control::commit);
  } catch (const Error& refused) {
    if (refused.kind() == ErrorKind::would_block) throw;
    rollback();
    Recovery recovery = refused.recovery();
    recovery.transaction_lost = true;
    throw Error(refused.with_recovery(recovery));
  } catch (const std::bad_alloc&) {
    rollback();
    throw;
  }
}

bool LocalSession::rollback() {
  db();
  if (!in_transaction_) return false;
  run_control(Control::rollback);
  return true;
}

void LocalSession::savepoint(SavepointOp op, std::string_view name) {
  db();
  if (!in_transaction_) throw Error(ErrorKind::misuse, "No active transaction");
  const char* verb = op == SavepointOp::open      ? "SAVEPOINT "
                     : op == SavepointOp::release ? "RELEASE "
                                                  : "ROLLBACK TO ";
  std::string_view tail;
  const BorrowedStatement statement(
      *this, prepare(verb + quote_identifier(name), core::PrepareMode::cached, &tail));
  statement->step();
}

StatementCost LocalSession::end_of_transaction_cost() const {
  const bool small = writes_ <= kMaxInlineWrites;
  const bool wrote = db_ && sqlite3_txn_state(db_.get(), nullptr) == SQLITE_TXN_WRITE;
  if (!wrote) return StatementCost::bounded_write;
  return small && commits_without_disk() ? StatementCost::bounded_write : StatementCost::unbounded;
}

bool LocalSession::commits_without_disk() const {
  if (!queue_) return checkpoints_due_.empty();
  return wal_ && !full_sync_ && queue_->checkpointed_frames.load() == 0 && !checkpoint_due() &&
         !log_sync_due();
}

bool LocalSession::writes_without_disk() const {
  return (wal_ && in_transaction_) || commits_without_disk();
}

// --- The write lock's turn ---

bool LocalSession::take_granted() noexcept {
  bool taken = false;
  std::erase_if(tickets_, [this, &taken](const std::weak_ptr<WriterQueue::Ticket>& weak) {
    const auto ticket = weak.lock();
    if (!ticket || ticket->state() == WriteTicket::State::cancelled) return true;
    if (taken || !ticket->take()) return false;
    cancellation_->note_wait(Cancellation::Clock::now() - ticket->asked_at());
    return taken = true;
  });
  return taken;
}

bool LocalSession::try_write() {
  db();
  if (has_write_ || !queue_) return true;
  has_write_ = (!tickets_.empty() && take_granted()) || queue_->try_acquire();
  return has_write_;
}

std::shared_ptr<WriteTicket> LocalSession::queue_for_write(std::function<void()> granted) {
  db();
  if (!queue_) throw Error(ErrorKind::misuse, "a database in memory has no queue of writers");
  ++write_waits_;
  auto ticket = queue_->enqueue(std::move(granted));
  tickets_.push_back(ticket);
  return cancel_when_dropped(std::move(ticket));
}

void LocalSession::end_turn() noexcept {
  if (!has_write_ || holds_ > 0) return;
  if (db_ && sqlite3_txn_state(db_.get(), nullptr) == SQLITE_TXN_WRITE) return;
  has_write_ = false;
  queue_->release();
}

void LocalSession::hold_write() {
  db();
  cancellation_->start(running_ == 0, false);
  acquire_write({});
  ++holds_;
}

void LocalSession::release_write() noexcept {
  if (holds_ > 0) --holds_;
  end_turn();
}

void LocalSession::acquire_write(std::string_view sql) {
  if (try_write()) return;
  if (!wal_ && sqlite3_txn_state(db_.get(), nullptr) == SQLITE_TXN_READ) {
    // A deadlock otherwise: the writer waits until this connection stops reading. SQLite fails with
    // BUSY here too.
    throw error_for_code(SQLITE_BUSY, sql);
  }
  if (!write_wait_ || cancellation_->has_budget()) {
    throw Error(ErrorKind::would_block, "another connection is writing", SQLITE_BUSY)
        .with_statement(sql);
  }
  ++write_waits_;
  const auto ticket = queue_->enqueue([waker = cancellation_] { waker->wake(); });
  const bool granted = cancellation_->wait_until(
      [&ticket] { return ticket->state() == WriteTicket::State::granted; });
  if (granted && ticket->take()) {
    cancellation_->note_wait(Cancellation::Clock::now() - ticket->asked_at());
    has_write_ = true;
    return;
  }
  ticket->cancel();
  if (cancellation_->reason() != Cancellation::Reason::none) throw error(SQLITE_BUSY, sql);
  throw Error(ErrorKind::busy, "database is locked", SQLITE_BUSY).with_statement(sql);
}

void LocalSession::interrupt() noexcept {
  cancellation_->interrupt();
  const core::MutexLock lock(handle_mutex_);
  if (db_) sqlite3_interrupt(db_.get());
}

}  // namespace libsql::local
