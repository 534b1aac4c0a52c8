#include "remote/request_runner.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/atomic_members.h"
#include "core/sql_savepoint.h"
#include "libsql/error.h"
#include "libsql/sql.h"
#include "remote/bind.h"
#include "remote/cursor_answer.h"
#include "remote/describe_answer.h"
#include "remote/sent_text.h"
#include "remote/streamless.h"
#include "remote/table_listener.h"
#include "remote/transaction_error.h"

namespace libsql::remote {

namespace {

constexpr int kSqliteError = 1;
constexpr int kReadOnly = 8;

// It may send something on the transaction's stream.
bool needs_stream(const Request& request) noexcept {
  const auto is = [&]<typename T>(std::in_place_type_t<T> /*type*/) {
    return std::holds_alternative<T>(request);
  };
  return is(std::in_place_type<request::Execute>) || is(std::in_place_type<request::Batch>) ||
         is(std::in_place_type<request::Script>) || is(std::in_place_type<request::Prepare>) ||
         is(std::in_place_type<request::Describe>) || is(std::in_place_type<request::OpenCursor>) ||
         is(std::in_place_type<request::Savepoint>);
}

bool is_savepoint(std::string_view sql, std::string_view name) {
  const auto text = core::savepoint_text(sql);
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return text && std::ranges::equal(text->name, name, {}, lower, lower);
}

}  // namespace

bool RequestRunner::run(const Request& request) {
  if (call_.transaction) check_transaction();
  if (data_.active() != nullptr && needs_stream(request)) return drain_first(request);
  if (data_.active() != nullptr && std::holds_alternative<request::Commit>(request)) {
    data_.stream()->close_cursor();
    data_.set_active(nullptr);
  }
  return std::visit(*this, request);
}

// As local::RequestRunner does.
void RequestRunner::check_transaction() const {
  const std::uint64_t wanted = *call_.transaction;
  const SessionState& state = data_.state();
  if (state.in_transaction && state.transaction == wanted) return;
  if (wanted == 0 || data_.lost() != wanted) {
    throw Error(ErrorKind::unknown_transaction, "Transaction not found");
  }
  throw Error(ErrorKind::misuse,
              "the transaction was rolled back by the server, or with the connection to it; it has "
              "to be ended before anything else can run",
              kAbortRollback);
}

void RequestRunner::require_transaction(const char* problem) const {
  if (!data_.state().in_transaction) throw Error(ErrorKind::misuse, problem, kSqliteError);
}

Standing RequestRunner::standing() const {
  Standing standing;
  standing.in_transaction = data_.state().in_transaction;
  standing.started = data_.started();
  standing.named = call_.transaction.has_value();
  standing.prefix = data_.prefix();
  standing.version_2 = data_.transport().version() == 2;
  return standing;
}

std::string RequestRunner::text_of(const std::variant<std::string_view, StatementId>& statement) {
  if (const auto* id = std::get_if<StatementId>(&statement)) return data_.find(*id);
  return std::string(std::get<std::string_view>(statement));
}

void RequestRunner::admit(StatementKind kind, std::string_view sql) const {
  const bool writes = is_dml(kind) || kind == StatementKind::ddl || kind == StatementKind::drop;
  if (!writes || !data_.writes_refused()) return;
  throw Error(ErrorKind::read_only, "attempt to write in a transaction that only reads", kReadOnly)
      .with_statement(sql);
}

hrana::Stmt RequestRunner::admitted(std::string_view sql, StatementKind kind,
                                    Parameters* parameters) const {
  admit(kind, sql);
  return bound(sql, parameters);
}

bool RequestRunner::send(Plan plan, Shape shape) {
  const auto answer =
      std::make_shared<StatementAnswer>(core_, call_.wait(), std::move(plan), shape);
  core_->send(call_, answer->stream(), [&](Stream& stream) {
    const Plan& sent = answer->plan();
    stream.send({sent.requests, call_.deadline, sent.close, sent.repeatable, sent.leaves_nothing},
                answer);
  });
  return false;
}

// --- Statements ---

bool RequestRunner::operator()(const request::Execute& request) {
  const std::string sql = text_of(request.command.statement);
  check_text(sql);
  const StatementKind kind = statement_kind(sql);
  if (kind == StatementKind::unknown) {
    receiver().done(kind, 0);
    return true;
  }
  if (!rest_of(sql).empty()) {
    receiver().has_more_statements();
    return true;
  }
  PlanBuilder plan(standing());
  plan.add(sql, kind, admitted(sql, kind, request.command.parameters));
  return send(std::move(plan).statement(), Shape::statement);
}

void RequestRunner::add_members(PlanBuilder& plan, Commands& members, OnError on_error) {
  core::AtomicMembers atomic;
  members.rewind();
  for (;;) {
    std::string sql;
    try {
      Command command;
      if (!members.next(command)) return;
      sql = text_of(command.statement);
      const StatementKind kind = statement_kind(only_statement(sql));
      if (on_error == OnError::rollback) atomic.admit(kind, sql);
      plan.add_copy(sql, kind, admitted(sql, kind, command.parameters));
    } catch (const Error& error) {
      if (on_error == OnError::rollback) {
        throw Error(sql.empty() ? error : error.with_statement(sql, error.sql_offset()));
      }
      plan.add_failed(sql, error);
      if (on_error == OnError::halt) return;
    }
  }
}

bool RequestRunner::operator()(const request::Batch& request) {
  PlanBuilder plan(standing());
  add_members(plan, request.members, request.on_error);
  if (plan.empty()) return true;
  switch (request.on_error) {
    case OnError::proceed:
      return send(std::move(plan).batch(false), Shape::batch);
    case OnError::halt:
      return send(std::move(plan).batch(true), Shape::batch);
    case OnError::rollback:
      break;
  }
  return send(std::move(plan).atomic_batch(), Shape::atomic);
}

bool RequestRunner::operator()(const request::Script& request) {
  check_text(request.sql);
  PlanBuilder plan(standing());
  core::AtomicMembers atomic;
  for (std::string_view rest = request.sql; !rest.empty();) {
    const std::string_view sql = first_statement(rest);
    rest.remove_prefix(sql.size());
    const StatementKind kind = statement_kind(sql);
    if (kind == StatementKind::unknown) continue;
    if (request.atomic) atomic.admit(kind, sql);
    admit(kind, sql);
    hrana::Stmt stmt;
    stmt.sql = sql;
    plan.add(sql, kind, std::move(stmt));
  }
  if (plan.empty()) return true;
  return send(request.atomic ? std::move(plan).atomic_batch() : std::move(plan).batch(true),
              Shape::script);
}

// The server compiles what it runs: nothing is sent.
bool RequestRunner::operator()(const request::Check& request) {
  check_text(request.sql);
  if (!rest_of(request.sql).empty()) receiver().has_more_statements();
  return true;
}

bool RequestRunner::operator()(const request::Uncache& request) {
  data_.forget(request.sql);
  return true;
}

bool RequestRunner::operator()(const request::Prepare& request) {
  return describe(only_statement(request.sql), true);
}

bool RequestRunner::operator()(const request::Describe& request) {
  const std::string sql = text_of(request.statement);
  return describe(only_statement(sql), false);
}

bool RequestRunner::describe(std::string_view sql, bool prepares) {
  if (const StatementDescription* const known = data_.description(sql)) {
    if (prepares) {
      receiver().prepared(data_.add(std::string(sql)));
    } else {
      receiver().described(*known);
    }
    return true;
  }
  if (prepares && !data_.transport().has_streams()) {
    receiver().prepared(data_.add(std::string(sql)));
    return true;
  }
  const auto answer =
      std::make_shared<DescribeAnswer>(core_, call_.wait(), std::string(sql), prepares);
  return answer->send(call_);
}

bool RequestRunner::operator()(const request::Count& request) {
  static_cast<void>(data_.find(request.statement));
  throw Error(ErrorKind::unsupported, "a server does not count what a statement costs");
}

bool RequestRunner::operator()(const request::ResetStatement& request) {
  static_cast<void>(data_.find(request.statement));
  return true;
}

bool RequestRunner::operator()(const request::CloseStatement& request) {
  data_.close(request.statement);
  return true;
}

// --- Cursors ---

bool RequestRunner::drain_first(const Request& request) {
  auto kept = std::make_shared<const KeptRequest>(
      request, [this](StatementId id) { return data_.find(id); });
  const std::shared_ptr<OpenCursor> cursor = data_.active();
  const auto answer = std::make_shared<CursorAnswer>(core_, call_.wait(), cursor);
  answer->then_run(std::move(kept), call_);
  return answer->read_ahead(call_);
}

bool RequestRunner::operator()(const request::OpenCursor& request) {
  const auto* sql = std::get_if<std::string_view>(&request.command.statement);
  if (sql == nullptr) throw Error(ErrorKind::unsupported, "a cursor is opened by its SQL text");
  const StatementKind kind = statement_kind(only_statement(*sql));
  // sqld answers a cursor that it cannot parse by closing the stream: ask about its text first.
  if (data_.started() && data_.description(*sql) == nullptr) {
    const auto answer =
        std::make_shared<DescribeAnswer>(core_, call_.wait(), std::string(*sql), false);
    answer->then_run(std::make_shared<const KeptRequest>(
                         Request(request), [this](StatementId id) { return data_.find(id); }),
                     call_);
    return answer->send(call_);
  }
  PlanBuilder plan(standing());
  plan.add(*sql, kind, admitted(*sql, kind, request.command.parameters));
  auto cursor = std::make_shared<OpenCursor>();
  cursor->sql = *sql;
  if (data_.state().in_transaction) cursor->transaction = data_.state().transaction;
  const auto answer = std::make_shared<CursorAnswer>(core_, call_.wait(), cursor);
  return answer->open(call_, std::move(plan));
}

bool RequestRunner::operator()(const request::Fetch& request) {
  if (request.max_rows == 0) {
    throw Error(ErrorKind::invalid_argument, "a portion of a cursor has at least one row, not 0");
  }
  const std::shared_ptr<OpenCursor> cursor = data_.find(request.cursor);
  if (cursor->rows.size() < request.max_rows && !cursor->done && !cursor->failure) {
    const auto answer = std::make_shared<CursorAnswer>(core_, call_.wait(), cursor);
    const auto rows = std::min<std::size_t>(request.max_rows, UINT32_MAX);
    return answer->fetch(call_, static_cast<std::uint32_t>(rows));
  }
  if (cursor->rows.empty() && cursor->failure) throw Error(*cursor->failure);
  tell_portion(*cursor, request.max_rows, receiver());
  return true;
}

bool RequestRunner::operator()(const request::CloseCursor& request) {
  static_cast<void>(data_.find(request.cursor));
  data_.close(request.cursor);
  return true;
}

// --- Transactions ---

bool RequestRunner::operator()(const request::Begin& request) {
  if (data_.state().in_transaction) {
    throw Error(ErrorKind::misuse, "cannot start a transaction within a transaction", kSqliteError);
  }
  if (!data_.transport().has_streams()) throw needs_streams("a transaction of several requests");
  data_.begin(request.mode);
  return true;
}

bool RequestRunner::operator()(const request::Commit& /*request*/) {
  require_transaction("cannot commit - no transaction is active");
  if (!data_.started()) {
    data_.end_transaction();  // The server knows nothing of it.
    return true;
  }
  return send(PlanBuilder(standing()).commit(), Shape::commit);
}

bool RequestRunner::operator()(const request::Rollback& /*request*/) {
  const bool open = data_.state().in_transaction;
  if (open) data_.end_transaction();
  receiver().done(StatementKind::rollback, open ? 1 : 0);
  return true;
}

bool RequestRunner::operator()(const request::Savepoint& request) {
  if (!is_identifier(request.name)) {
    throw Error(ErrorKind::invalid_argument, "not a savepoint name: " + std::string(request.name));
  }
  if (!data_.state().in_transaction) {
    throw Error(ErrorKind::misuse, "a savepoint needs a transaction, and none is active");
  }
  if (request.operation != SavepointOp::open) return release(request);
  data_.prefix().push_back("SAVEPOINT " + quote_identifier(request.name));
  return true;
}

bool RequestRunner::release(const request::Savepoint& request) {
  std::vector<std::string>& prefix = data_.prefix();
  const bool releases = request.operation == SavepointOp::release;
  // Nothing has run since a savepoint that the server has not seen.
  const auto unsent = std::find_if(prefix.rbegin(), prefix.rend(), [&](const std::string& sql) {
    return is_savepoint(sql, request.name);
  });
  if (unsent != prefix.rend()) {
    prefix.erase(releases ? std::prev(unsent.base()) : unsent.base(), prefix.end());
    return true;
  }
  const std::string sql = (releases ? "RELEASE " : "ROLLBACK TO ") + quote_identifier(request.name);
  hrana::Stmt stmt;
  stmt.want_rows = false;
  PlanBuilder plan(standing());
  plan.add(sql, releases ? StatementKind::release : StatementKind::rollback, std::move(stmt));
  return send(std::move(plan).statement(), Shape::control);
}

bool RequestRunner::operator()(const request::Writes& request) {
  require_transaction("writes can be refused within a transaction only");
  data_.refuse_writes(request.rule == WriteRule::refuse);
  return true;
}

bool RequestRunner::operator()(const request::Reset& /*request*/) {
  data_.reset();
  return true;
}

bool RequestRunner::operator()(const request::Listen& request) {
  if (request.table.empty()) {
    throw Error(ErrorKind::invalid_argument, "the name of the table is empty");
  }
  const std::shared_ptr<Receiver> receiver = call_.wait();
  const auto listener = std::make_shared<TableListener>(
      data_.transport().http(),
      TableListener::Spec{std::string(request.table), request.listening, call_.deadline,
                          [core = core_, receiver](const Error* error) {
                            core->answered();
                            core->end_turn(receiver, error);
                          }});
  core_->send(call_, listener, [](TableListener& one) { one.start(); });
  return false;
}

bool RequestRunner::operator()(const request::Status& /*request*/) { return true; }

}  // namespace libsql::remote
