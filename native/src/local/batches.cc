// Batches and scripts: many statements in one request.
#include <optional>
#include <string_view>
#include <utility>

#include "libsql/error.h"
#include "libsql/sql.h"
#include "local/atomic_scope.h"
#include "local/borrowed_statement.h"
#include "local/open_handles.h"
#include "local/request_runner.h"

namespace libsql::local {

namespace {

// Gives the write lock back that a batch has held: no other connection writes between two members.
class WriteHold {
 public:
  explicit WriteHold(LocalSession& session) noexcept : session_(session) {}
  WriteHold(const WriteHold&) = delete;
  WriteHold& operator=(const WriteHold&) = delete;
  ~WriteHold() { session_.release_write(); }

 private:
  LocalSession& session_;
};

}  // namespace

// The members of a batch, compiled one by one.
class MemberRun {
 public:
  explicit MemberRun(RequestRunner& runner) noexcept
      : runner_(runner), statement_(runner.session_) {}

  // Members with the same text, at the same place, share the compiled statement without asking the
  // cache.
  LocalStatement& compile(const Command& member) {
    if (const auto* id = std::get_if<StatementId>(&member.statement)) {
      return runner_.session_.handles().find(*id);
    }
    const std::string_view sql = std::get<std::string_view>(member.statement);
    if (!statement_ || sql.data() != sql_.data() || sql.size() != sql_.size()) {
      statement_.replace(nullptr);
      statement_.replace(runner_.session_.compile_one(sql, core::PrepareMode::cached));
      sql_ = sql;
    }
    return *statement_;
  }

  // Errors: the member's.
  void run(const Command& member, AtomicScope* scope) {
    if (runner_.limits_.transaction) runner_.check_transaction();
    LocalStatement& statement = compile(member);
    if (scope != nullptr) scope->admit(statement);
    static_cast<void>(runner_.execute(statement, member.parameters, RequestRunner::Bindings::left));
  }

 private:
  RequestRunner& runner_;
  BorrowedStatement statement_;
  std::string_view sql_;
};

// Whether any member may need the write lock. True for a text that does not compile now: it may,
// once the members before it have run.
bool RequestRunner::may_write(Commands& members) {
  MemberRun run(*this);
  Command member;
  try {
    while (members.next(member)) {
      // By its text first: a pragma acts while it is compiled, which must happen in the
      // transaction.
      const auto* sql = std::get_if<std::string_view>(&member.statement);
      if (sql != nullptr && statement_kind(*sql) != StatementKind::select) return true;
      const LocalStatement& statement = run.compile(member);
      if (statement.kind() != StatementKind::select || !statement.read_only()) return true;
    }
  } catch (const std::exception&) {
    return true;
  }
  return false;
}

Started RequestRunner::operator()(const request::Batch& request) {
  if (is_bounded()) return Started::would_block;
  // Before the first member: a batch that has run in part cannot be repeated.
  const bool writes = may_write(request.members);
  if (writes && !hold_write()) return queue();
  std::optional<WriteHold> hold;
  if (writes) hold.emplace(session_);
  request.members.rewind();
  if (request.on_error != OnError::rollback) {
    return run_members(request.members, request.on_error, nullptr);
  }
  AtomicScope scope(session_, writes ? TransactionMode::immediate : TransactionMode::deferred);
  const Started started = run_members(request.members, request.on_error, &scope);
  if (started == Started::finished) scope.keep();
  return started;
}

// `scope` is that of an atomic batch, null for any other.
Started RequestRunner::run_members(Commands& members, OnError on_error, AtomicScope* scope) {
  MemberRun run(*this);
  for (;;) {
    try {
      Command member;
      if (!members.next(member)) break;
      run.run(member, scope);
    } catch (const Error& error) {
      receiver_.failed(error);
      if (on_error == OnError::rollback || error.ends_batch()) throw;
      if (on_error == OnError::halt) break;
    }
  }
  return Started::finished;
}

Started RequestRunner::operator()(const request::Script& request) {
  if (is_bounded()) return Started::would_block;
  // As in a batch. Always, because a later statement is compiled only when it runs.
  if (!hold_write()) return queue();
  const WriteHold hold(session_);
  if (!request.atomic) return run_script(request.sql, nullptr);
  AtomicScope scope(session_, TransactionMode::deferred);
  const Started started = run_script(request.sql, &scope);
  if (started == Started::finished) scope.keep();
  return started;
}

Started RequestRunner::run_script(std::string_view sql, AtomicScope* scope) {
  for (;;) {
    const BorrowedStatement statement(session_,
                                      session_.compile(sql, core::PrepareMode::cached, &sql));
    if (!statement) return Started::finished;
    if (limits_.transaction) check_transaction();
    if (scope != nullptr) scope->admit(*statement);
    static_cast<void>(execute(*statement, nullptr, Bindings::left));
  }
}

}  // namespace libsql::local
