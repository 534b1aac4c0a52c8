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

// Collects outcomes as runs of the same one, the last run first: a batch of inserts has one.
class Outcomes {
 public:
  explicit Outcomes(Use& use) noexcept : use_(use), runs_(enif_make_list(use.env(), 0)) {}

  void add_ok(Term result) {
    if (length_ == 0 || result != result_) begin_run(result, use_.call().ok(result));
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
    ErlNifEnv* env = use_.env();
    runs_ =
        enif_make_list_cell(env, make_tuple(env, outcome_, enif_make_int64(env, length_)), runs_);
    length_ = 0;
  }

  Use& use_;
  Term runs_;
  // The run at the end: its result, 0 for an error; what stands for it; how long it is so far.
  Term result_ = 0;
  Term outcome_ = 0;
  std::int64_t length_ = 0;
  std::int64_t count_ = 0;  // of all runs
};

// Runs the members of a batch one by one.
class BatchRun {
 public:
  BatchRun(Use& use, OnError on_error) noexcept : use_(use), on_error_(on_error), outcomes_(use) {}

  // May any of the members need the write lock? Says yes when in doubt: a text that does not
  // compile now may do so when the members before it have run.
  [[nodiscard]] bool may_write(Term members) {
    Term member = 0;
    try {
      while (enif_get_list_cell(use_.env(), members, &member, &members) != 0) {
        compile(tuple_of(use_.env(), member, 2, "a batch member")[0]);
        if (statement_->kind() != StatementKind::select || !statement_->read_only()) return true;
      }
    } catch (const std::exception&) {
      return true;
    }
    return false;
  }

  // Empty to go on; an answer ends the batch. `scope` is that of a batch which keeps all or
  // nothing.
  [[nodiscard]] std::optional<Answer> member(Term member, AtomicScope* scope) {
    try {
      const auto parts = tuple_of(use_.env(), member, 2, "a batch member");
      compile(parts[0]);
      if (scope != nullptr) scope->admit(*statement_);
      const Answer answer = run_statement(use_, *statement_, parts[1], Bindings::left);
      if (answer.give()) return answer;
      outcomes_.add_ok(answer.term());
      return {};
    } catch (const Error& error) {
      return failed(error, error.ends_batch());
    } catch (const Failure& failure) {
      return failed(failure, false);
    }
  }

  [[nodiscard]] Answer result() { return use_.call().ok(outcomes_.runs()); }

 private:
  // Members with the same text share the compiled statement without asking the cache.
  void compile(Term sql_term) {
    if (statement_ && sql_term == sql_term_) return;
    const std::string_view same = binary_of(use_.env(), sql_term, "SQL");
    if (!statement_ || same.data() != sql_.data() || same.size() != sql_.size()) {
      const std::string_view sql = sql_of(use_.env(), sql_term);
      statement_.reset();
      statement_.emplace(use_.connection().cached(sql));
      sql_ = sql;
    }
    sql_term_ = sql_term;
  }

  template <typename Problem>
  std::optional<Answer> failed(const Problem& problem, bool fatal) {
    const Term error = make_tuple(use_.env(), use_.atoms().error,
                                  error_map(use_.env(), use_.atoms(), problem, outcomes_.count()));
    if (fatal || on_error_ == OnError::rollback) return Answer(error);
    outcomes_.add_error(error);
    if (on_error_ == OnError::halt) return result();
    return {};
  }

  Use& use_;
  OnError on_error_;
  Outcomes outcomes_;
  std::optional<Statement> statement_;
  Term sql_term_ = 0;
  std::string_view sql_;
};

Answer run_members(Use& use, BatchRun& run, Term members, AtomicScope* scope) {
  Term member = 0;
  while (enif_get_list_cell(use.env(), members, &member, &members) != 0) {
    if (auto end = run.member(member, scope)) return *end;
  }
  // Not before: counting the cells of a long list takes longer than some members.
  static_cast<void>(list_length(use.env(), members, "a batch"));
  return run.result();
}

bool is_error(Use& use, const Answer& answer) {
  const Term* elements = nullptr;
  int arity = 0;
  return enif_get_tuple(use.env(), answer.term(), &arity, &elements) != 0 && arity == 2 &&
         elements[0] == use.atoms().error;
}

// Runs `body`, keeping what it did only if it neither failed nor gave up.
template <typename Body>
Answer atomically(Use& use, Behaviour behaviour, Body&& body) {
  AtomicScope scope(use.connection(), behaviour);
  const Answer answer = body(&scope);
  if (!answer.give() && !is_error(use, answer)) scope.keep();
  return answer;
}

Answer run_script(Use& use, std::string_view sql, AtomicScope* scope) {
  TermBuffer results;
  while (auto statement = use.connection().first(sql, &sql)) {
    if (scope != nullptr) scope->admit(*statement);
    const Answer answer = run_statement(use, *statement);
    if (answer.give()) return answer;
    results.push(answer.term());
  }
  return use.call().ok(results.list(use.env()));
}

}  // namespace

Term batch(Call& call) {
  const AtomValue<OnError> choices[] = {{call.atoms().proceed, OnError::proceed},
                                        {call.atoms().halt, OnError::halt},
                                        {call.atoms().rollback, OnError::rollback}};
  const OnError on_error = choice_of(call.argument(2), choices, ":proceed, :halt, :rollback");
  const std::int64_t timeout = integer_of(call.env(), call.argument(3), "timeout");
  call.set_timeout(timeout);
  return with_connection(call, [&](Use& use) -> Answer {
    BatchRun members(use, on_error);
    // Up front: half a batch cannot be repeated.
    const bool writes = members.may_write(call.argument(1));
    if (writes && !use.hold_write()) return Give::wait;
    const auto run = [&](AtomicScope* scope) {
      return run_members(use, members, call.argument(1), scope);
    };
    if (on_error != OnError::rollback) return run(nullptr);
    return atomically(use, writes ? Behaviour::immediate : Behaviour::deferred, run);
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
  return with_connection(call, [&](Use& use) -> Answer {
    // As in a batch; what a later statement needs is known only when it is compiled.
    if (!use.hold_write()) return Give::wait;
    const auto run = [&](AtomicScope* scope) { return run_script(use, sql, scope); };
    return mode == Mode::atomic ? atomically(use, Behaviour::deferred, run) : run(nullptr);
  });
}

}  // namespace libsql::nif
