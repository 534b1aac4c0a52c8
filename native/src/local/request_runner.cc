#include "local/request_runner.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "libsql/error.h"
#include "libsql/sql.h"
#include "local/borrowed_statement.h"
#include "local/open_handles.h"
#include "local/parameters.h"

namespace libsql::local {

namespace {

// What a bounded request may look at: beyond, it runs where it may block.
constexpr std::size_t kBoundedSql = std::size_t{16} * 1024;
constexpr std::size_t kBoundedValues = std::size_t{64} * 1024;
constexpr int kAbortRollback = 516;  // SQLITE_ABORT_ROLLBACK. Source: sqlite.org/rescode.html

// Ends an execution, however its scope ends, and clears values that the caller owns.
class ExecutionScope {
 public:
  ExecutionScope(LocalStatement& statement, bool clears) noexcept
      : statement_(statement), clears_(clears) {}
  ExecutionScope(const ExecutionScope&) = delete;
  ExecutionScope& operator=(const ExecutionScope&) = delete;
  ~ExecutionScope() {
    try {
      if (!finished_) statement_.reset();
      if (clears_) statement_.clear_bindings();
    } catch (...) {  // NOLINT(bugprone-empty-catch): closed meanwhile, no value is bound any more
    }
  }
  // The execution has ended; it need not be reset.
  void finished() noexcept { finished_ = true; }

 private:
  LocalStatement& statement_;
  const bool clears_;
  bool finished_ = false;
};

}  // namespace

Started RequestRunner::run(const Request& request) {
  if (limits_.transaction) check_transaction();
  return std::visit(*this, request);
}

// Outside of its transaction a statement would take effect at once and for good, or in a
// transaction that somebody else has opened since.
void RequestRunner::check_transaction() const {
  const std::uint64_t wanted = *limits_.transaction;
  if (session_.in_transaction() && session_.transaction_serial() == wanted) return;
  if (wanted == 0 || session_.auto_rolled_back() != wanted) {
    throw Error(ErrorKind::unknown_transaction, "Transaction not found");
  }
  throw Error(
      ErrorKind::misuse,
      "the transaction was rolled back by SQLite when a statement in it failed; it has to be "
      "ended before anything else can run",
      kAbortRollback);
}

bool RequestRunner::too_long(std::string_view sql) const noexcept {
  return is_bounded() && sql.size() > kBoundedSql;
}

// --- The write lock ---

Started RequestRunner::queue() {
  receiver_.queued(session_.queue_for_write(receiver_.on_turn()));
  return Started::queued;
}

Started RequestRunner::blocked() {
  if (!is_bounded()) return queue();
  if (!writes_ || !limits_.queue) return Started::would_block;
  // If a connection of this OS process has the lock, queue for it; for another process, the busy
  // handler waits elsewhere.
  if (!session_.try_write()) return queue();
  session_.release_write();
  return Started::would_block;
}

bool RequestRunner::hold_write() {
  if (limits_.queue && !session_.try_write()) return false;
  session_.hold_write();
  return true;
}

// --- Statements ---

BorrowedStatement RequestRunner::cached(std::string_view sql) {
  return {session_, session_.compile_one(sql, core::PrepareMode::cached)};
}

Started RequestRunner::operator()(const request::Execute& request) {
  const Command& command = request.command;
  if (const auto* id = std::get_if<StatementId>(&command.statement)) {
    return execute(session_.handles().find(*id), command.parameters, Bindings::cleared);
  }
  const std::string_view sql = std::get<std::string_view>(command.statement);
  if (too_long(sql)) return Started::would_block;
  std::string_view tail;
  const auto mode = command.cache ? core::PrepareMode::cached : core::PrepareMode::fresh;
  const BorrowedStatement statement(session_, session_.compile(sql, mode, &tail));
  if (!statement) {
    receiver_.done(StatementKind::unknown, 0);
  } else if (!tail.empty()) {
    receiver_.has_more_statements();
  } else {
    return execute(*statement, command.parameters, Bindings::left);
  }
  return Started::finished;
}

Started RequestRunner::execute(LocalStatement& statement, Parameters* parameters,
                               Bindings bindings) {
  if (is_bounded() && statement.cost() == StatementCost::unbounded) return Started::would_block;
  ExecutionScope scope(statement, bindings == Bindings::cleared);
  const std::size_t bytes = bind(statement, parameters);
  if (is_bounded() && bytes > kBoundedValues) return Started::would_block;
  writes_ |= !statement.read_only();
  const bool only_reads = statement.read_only() && statement.kind() == StatementKind::select;
  // Before each statement: one that has failed did not take it back.
  receiver_.only_reads(only_reads);
  const Started started = step_through(statement);
  if (only_reads) receiver_.only_reads(false);
  if (started == Started::finished) scope.finished();
  return started;
}

std::size_t RequestRunner::bind(LocalStatement& statement, Parameters* parameters) {
  std::size_t bytes = 0;
  each_value(statement, parameters, [&](int index, const ValueView& value) {
    statement.bind(index, value);
    bytes += value.bytes().size();
  });
  return bytes;
}

Started RequestRunner::step_through(LocalStatement& statement) {
  const StatementKind kind = statement.kind();
  if (statement.run_column_count() == 0) {
    while (statement.step() == Step::row) {
    }
    receiver_.done(kind, is_dml(kind) ? statement.changes() : 0);
    return Started::finished;
  }
  std::int64_t rows = 0;
  Step step = statement.step();
  // After the first step, which compiles again if the schema has changed.
  announce_columns(statement);
  for (; step == Step::row; step = statement.step()) {
    ++rows;
    // A query can be repeated; a write that has returned rows cannot.
    const bool enough = !receiver_.row(statement.row());
    if (enough && is_bounded() && statement.read_only()) return Started::would_block;
  }
  receiver_.done(kind, is_dml(kind) ? session_.changes() : rows);
  return Started::finished;
}

void RequestRunner::announce_columns(const LocalStatement& statement) {
  std::vector<std::string_view>& names = session_.column_names();
  const int count = statement.run_column_count();
  names.clear();
  for (int index = 0; index < count; ++index) names.push_back(statement.run_column_name(index));
  receiver_.columns(names);
}

// What nobody has learnt the name of is closed.
template <typename Id, typename Tell>
void RequestRunner::announce(Id id, Tell&& tell) {
  try {
    tell();
  } catch (...) {
    session_.handles().close(id);
    throw;
  }
}

Started RequestRunner::operator()(const request::Check& request) {
  if (too_long(request.sql)) return Started::would_block;
  std::string_view tail;
  const BorrowedStatement statement(
      session_, session_.compile(request.sql, core::PrepareMode::cached, &tail));
  if (!tail.empty()) receiver_.has_more_statements();
  return Started::finished;
}

Started RequestRunner::operator()(const request::Uncache& request) {
  session_.uncache(request.sql);
  return Started::finished;
}

Started RequestRunner::operator()(const request::Prepare& request) {
  if (too_long(request.sql)) return Started::would_block;
  const StatementId id =
      session_.handles().add(session_.compile_one(request.sql, core::PrepareMode::fresh));
  announce(id, [&] { receiver_.prepared(id); });
  return Started::finished;
}

namespace {

StatementDescription description(LocalStatement& statement) {
  StatementDescription description;
  description.columns = statement.columns();
  for (int index = 1; index <= statement.parameter_count(); ++index) {
    description.parameters.emplace_back(statement.parameter_name(index));
  }
  return description;
}

}  // namespace

Started RequestRunner::operator()(const request::Describe& request) {
  if (const auto* id = std::get_if<StatementId>(&request.statement)) {
    receiver_.described(description(session_.handles().find(*id)));
    return Started::finished;
  }
  const std::string_view sql = std::get<std::string_view>(request.statement);
  if (too_long(sql)) return Started::would_block;
  receiver_.described(description(*cached(sql)));
  return Started::finished;
}

Started RequestRunner::operator()(const request::Count& request) {
  receiver_.counters(session_.handles().find(request.statement).counters());
  return Started::finished;
}

Started RequestRunner::operator()(const request::ResetStatement& request) {
  session_.handles().find(request.statement).clear_bindings();
  return Started::finished;
}

Started RequestRunner::operator()(const request::CloseStatement& request) {
  session_.handles().close(request.statement);
  return Started::finished;
}

// --- Cursors ---

Started RequestRunner::operator()(const request::OpenCursor& request) {
  const auto* sql = std::get_if<std::string_view>(&request.command.statement);
  if (sql == nullptr) throw Error(ErrorKind::unsupported, "a cursor is opened by its SQL text");
  if (too_long(*sql)) return Started::would_block;
  auto cursor =
      std::make_unique<OpenCursor>(OpenCursor{{}, cached(*sql), session_.open_transaction()});
  LocalStatement& statement = *cursor->statement;
  each_value(statement, request.command.parameters, [&](int /*index*/, const ValueView& value) {
    cursor->values.push_back(value.to_value());
  });
  int index = 0;
  for (const Value& value : cursor->values) statement.bind(++index, value);
  statement.bind_to_transaction();
  const CursorId id = session_.handles().add(std::move(cursor));
  announce(id, [&] { receiver_.opened(id); });
  return Started::finished;
}

// Under a budget only what is at its end: a step that ran out of it could not be repeated, because
// the rows before it have been read.
Started RequestRunner::operator()(const request::Fetch& request) {
  if (request.max_rows == 0) {
    throw Error(ErrorKind::invalid_argument, "a portion of a cursor has at least one row, not 0");
  }
  OpenCursor& cursor = session_.handles().find(request.cursor, session_.open_transaction());
  if (is_bounded() && !cursor.done) return Started::would_block;
  LocalStatement& statement = *cursor.statement;
  std::size_t rows = 0;
  const auto step = [&] {
    if (!cursor.done && statement.step() == Step::done) cursor.done = true;
  };
  step();
  announce_columns(statement);
  while (!cursor.done) {
    static_cast<void>(receiver_.row(statement.row()));
    if (++rows == request.max_rows) break;
    step();
  }
  receiver_.portion(static_cast<std::int64_t>(rows), cursor.done);
  return Started::finished;
}

Started RequestRunner::operator()(const request::CloseCursor& request) {
  const OpenCursor& cursor = session_.handles().find(request.cursor, session_.open_transaction());
  // Ending a write that was not read to its end commits it.
  if (is_bounded() && !cursor.statement->read_only()) return Started::would_block;
  session_.handles().close(request.cursor);
  return Started::finished;
}

// --- Transactions ---

Started RequestRunner::operator()(const request::Begin& request) {
  writes_ = true;
  const bool takes_turn =
      request.mode == TransactionMode::immediate || request.mode == TransactionMode::exclusive;
  // Tried first: throwing would_block is slower than the usual wait.
  if (takes_turn && limits_.queue && !session_.in_transaction() && !session_.try_write()) {
    return queue();
  }
  session_.begin(request.mode);
  return Started::finished;
}

// Whether the end of the open transaction may run here.
bool RequestRunner::may_end_transaction() const {
  return !is_bounded() || !session_.in_transaction() ||
         session_.end_of_transaction_cost() != StatementCost::unbounded;
}

Started RequestRunner::operator()(const request::Commit& /*request*/) {
  if (!may_end_transaction()) return Started::would_block;
  session_.commit();
  return Started::finished;
}

Started RequestRunner::operator()(const request::Rollback& /*request*/) {
  if (!may_end_transaction()) return Started::would_block;
  receiver_.done(StatementKind::rollback, session_.rollback() ? 1 : 0);
  return Started::finished;
}

Started RequestRunner::operator()(const request::Savepoint& request) {
  if (!is_identifier(request.name)) {
    throw Error(ErrorKind::invalid_argument, "not a savepoint name: " + std::string(request.name));
  }
  // RELEASE of an outermost savepoint, opened by SQL outside of a transaction, commits.
  if (request.operation != SavepointOp::open && !may_end_transaction()) {
    return Started::would_block;
  }
  session_.savepoint(request.operation, request.name);
  return Started::finished;
}

Started RequestRunner::operator()(const request::Writes& request) {
  if (request.rule == WriteRule::refuse) {
    session_.refuse_writes();
  } else {
    session_.allow_writes();
  }
  return Started::finished;
}

Started RequestRunner::operator()(const request::Reset& /*request*/) {
  if (is_bounded()) return Started::would_block;
  session_.handles().close_cursors();
  session_.reset();
  return Started::finished;
}

Started RequestRunner::operator()(const request::Listen& /*request*/) {
  throw Error(ErrorKind::unsupported,
              "a local database is observed, not listened to: only servers report by table");
}

Started RequestRunner::operator()(const request::Status& /*request*/) { return Started::finished; }

}  // namespace libsql::local
