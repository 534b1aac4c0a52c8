// Many statements in one call: a list with parameters, or a text.
#include <optional>
#include <string>
#include <string_view>

#include "compile.h"
#include "executor.h"
#include "libsql/batch.h"
#include "operations.h"
#include "rows.h"

namespace libsql::nif {

namespace {

// Collects outcomes as {outcome, length} for equal ones in a row, the last first: a batch of
// inserts has one such run.
class Outcomes {
 public:
  explicit Outcomes(LockedConnection& locked) noexcept
      : locked_(locked), runs_(enif_make_list(locked.env(), 0)) {}

  void add_ok(Term result) {
    if (length_ == 0 || result != result_) begin_run(result, locked_.call().ok(result));
    lengthen();
  }
  void add_error(Term error) {
    begin_run(0, error);
    lengthen();
  }
  [[nodiscard]] std::int64_t count() const noexcept { return count_; }
  [[nodiscard]] Term runs() {
    end_run();
    return runs_;
  }

 private:
  void begin_run(Term result, Term outcome) {
    end_run();
    result_ = result;
    outcome_ = outcome;
  }
  void lengthen() noexcept {
    ++length_;
    ++count_;
  }
  void end_run() {
    if (length_ == 0) return;
    ErlNifEnv* env = locked_.env();
    runs_ =
        enif_make_list_cell(env, make_tuple(env, outcome_, enif_make_int64(env, length_)), runs_);
    length_ = 0;
  }

  LockedConnection& locked_;
  Term runs_;
  // The run at the end: its result (0 for an error), the outcome's term, its length so far.
  Term result_ = 0;
  Term outcome_ = 0;
  std::int64_t length_ = 0;
  std::int64_t count_ = 0;  // of all runs
};

// Runs the members of a batch one by one.
class BatchRun {
 public:
  BatchRun(LockedConnection& locked, OnError on_error) noexcept
      : locked_(locked), on_error_(on_error), outcomes_(locked) {}

  // Whether any member may need the write lock. True for a text that does not compile now: it may,
  // once the members before it have run.
  [[nodiscard]] bool may_write(Term members) {
    Term member = 0;
    try {
      while (enif_get_list_cell(locked_.env(), members, &member, &members) != 0) {
        compile(tuple_of(locked_.env(), member, 2, "a batch member")[0]);
        if (statement_->kind() != StatementKind::select || !statement_->read_only()) return true;
      }
    } catch (const std::exception&) {
      return true;
    }
    return false;
  }

  // Runs one member. An answer ends the batch; empty: go on. `scope` is that of an atomic batch,
  // null for any other.
  [[nodiscard]] std::optional<Answer> member(Term member, AtomicScope* scope) {
    try {
      const auto parts = tuple_of(locked_.env(), member, 2, "a batch member");
      locked_.check_transaction();
      compile(parts[0]);
      if (scope != nullptr) scope->admit(*statement_);
      const Answer answer = run_statement(locked_, *statement_, parts[1], Bindings::left);
      if (answer.continuation()) return answer;
      outcomes_.add_ok(answer.term());
      return {};
    } catch (const Error& error) {
      return failed(error, error.ends_batch());
    } catch (const Failure& failure) {
      return failed(failure, false);
    }
  }

  [[nodiscard]] Answer result() { return locked_.call().ok(outcomes_.runs()); }

 private:
  // Members with the same text share the compiled statement without asking the cache. The text is
  // compared, because each member of a copied list has a copy of it.
  void compile(Term sql_term) {
    if (statement_ && sql_term == sql_term_) return;
    const std::string_view same = binary_of(locked_.env(), sql_term, "SQL");
    if (!statement_ || same != sql_) {
      const std::string_view sql = sql_of(locked_.env(), sql_term);
      statement_.reset();
      statement_.emplace(locked_.connection().cached(sql));
      sql_ = sql;
    }
    sql_term_ = sql_term;
  }

  template <typename Problem>
  std::optional<Answer> failed(const Problem& problem, bool fatal) {
    const Term error =
        make_tuple(locked_.env(), locked_.atoms().error,
                   error_map(locked_.env(), locked_.atoms(), problem, outcomes_.count()));
    if (fatal || on_error_ == OnError::rollback) return Answer(error);
    outcomes_.add_error(error);
    if (on_error_ == OnError::halt) return result();
    return {};
  }

  LockedConnection& locked_;
  OnError on_error_;
  Outcomes outcomes_;
  std::optional<Statement> statement_;
  Term sql_term_ = 0;
  std::string_view sql_;
};

Answer run_members(LockedConnection& locked, BatchRun& run, Term members, AtomicScope* scope) {
  Term member = 0;
  while (enif_get_list_cell(locked.env(), members, &member, &members) != 0) {
    if (auto end = run.member(member, scope)) return *end;
  }
  // Checked at the end only, because counting a long list is slow.
  static_cast<void>(list_length(locked.env(), members, "a batch"));
  return run.result();
}

bool is_error(LockedConnection& locked, const Answer& answer) {
  const Term* elements = nullptr;
  int arity = 0;
  return enif_get_tuple(locked.env(), answer.term(), &arity, &elements) != 0 && arity == 2 &&
         elements[0] == locked.atoms().error;
}

// Runs `body` atomically: commits only if it returns a result.
template <typename Body>
Answer atomically(LockedConnection& locked, TransactionMode mode, Body&& body) {
  AtomicScope scope(locked.connection(), mode);
  const Answer answer = body(&scope);
  if (!answer.continuation() && !is_error(locked, answer)) scope.keep();
  return answer;
}

Answer run_script(LockedConnection& locked, std::string_view sql, AtomicScope* scope) {
  TermBuffer results;
  while (auto statement = locked.connection().first(sql, sql)) {
    locked.check_transaction();
    if (scope != nullptr) scope->admit(*statement);
    const Answer answer = run_statement(locked, *statement);
    if (answer.continuation()) return answer;
    results.push(answer.term());
  }
  return locked.call().ok(results.list(locked.env()));
}

}  // namespace

Term batch(Call& call) {
  const AtomValue<OnError> choices[] = {{call.atoms().proceed, OnError::proceed},
                                        {call.atoms().halt, OnError::halt},
                                        {call.atoms().rollback, OnError::rollback}};
  const OnError on_error = choice_of(call.argument(2), choices, ":proceed, :halt, :rollback");
  const std::int64_t timeout = integer_of(call.env(), call.argument(3), "timeout");
  call.set_timeout(timeout);
  return with_connection(call, [&](LockedConnection& locked) -> Answer {
    BatchRun members(locked, on_error);
    // Before the first member: a batch that has run in part cannot be repeated.
    const bool writes = members.may_write(call.argument(1));
    if (writes && !locked.hold_write()) return Continuation::write_ticket;
    const auto run = [&](AtomicScope* scope) {
      return run_members(locked, members, call.argument(1), scope);
    };
    if (on_error != OnError::rollback) return run(nullptr);
    return atomically(locked, writes ? TransactionMode::immediate : TransactionMode::deferred, run);
  });
}

Term script(Call& call) {
  const std::string_view sql = call.sql(1);
  enum class Mode : std::uint8_t { plain, atomic };
  const AtomValue<Mode> choices[] = {{call.atoms().plain, Mode::plain},
                                     {call.atoms().atomic, Mode::atomic}};
  const Mode mode = choice_of(call.argument(2), choices, ":plain, :atomic");
  const std::int64_t timeout = integer_of(call.env(), call.argument(3), "timeout");
  call.set_timeout(timeout);
  return with_connection(call, [&](LockedConnection& locked) -> Answer {
    // As in a batch. Always, because a later statement is compiled only when it runs.
    if (!locked.hold_write()) return Continuation::write_ticket;
    const auto run = [&](AtomicScope* scope) { return run_script(locked, sql, scope); };
    return mode == Mode::atomic ? atomically(locked, TransactionMode::deferred, run) : run(nullptr);
  });
}

}  // namespace libsql::nif
