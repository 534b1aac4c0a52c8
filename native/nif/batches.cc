// Many statements in one call: a list with parameters, or a text.
#include <cstdint>
#include <string_view>

#include "executor.h"
#include "operations.h"
#include "params.h"
#include "reply.h"
#include "rows.h"

namespace libsql::nif {

namespace {

// The members of a batch, {sql, parameters}. Terms are decoded when the session comes to them.
class MemberList final : public Commands {
 public:
  MemberList(ErlNifEnv* env, const Atoms& atoms, Term members) noexcept
      : env_(env), members_(members), rest_(members), parameters_(env, atoms) {}

  void rewind() override { rest_ = members_; }
  bool next(Command& command) override {
    Term member = 0;
    if (enif_get_list_cell(env_, rest_, &member, &rest_) == 0) return false;
    const auto parts = tuple_of(env_, member, 2, "a batch member");
    parameters_.set(parts[1]);
    command = {sql(parts[0]), &parameters_};
    return true;
  }

 private:
  // Members often have the same text, which is then checked once. It is compared, because each
  // member of a copied list has a copy of it.
  [[nodiscard]] std::string_view sql(Term term) {
    if (sql_term_ == 0 || term != sql_term_) {
      const std::string_view same = binary_of(env_, term, "SQL");
      if (same != sql_) sql_ = sql_of(env_, term);
      sql_term_ = term;
    }
    return sql_;
  }

  ErlNifEnv* env_;
  const Term members_;
  Term rest_;
  TermParameters parameters_;
  Term sql_term_ = 0;
  std::string_view sql_;
};

// Collects outcomes as {outcome, length} for equal ones in a row, the last first: a batch of
// inserts has one such run.
class BatchReply final : public Reply {
 public:
  BatchReply(ErlNifEnv* env, const Atoms& atoms, OnError on_error) noexcept
      : Reply(env, atoms), on_error_(on_error) {}

  void columns(std::span<const std::string_view> names) override { encoder_.columns(names); }
  bool row(std::span<const ValueView> values) override { return encoder_.row(values); }
  void done(StatementKind kind, std::int64_t count) override {
    const Term result = encoder_.done(kind, count);
    if (length_ == 0 || result != result_) begin_run(result, ok(result));
    lengthen();
  }
  void failed(const Error& error) override {
    encoder_.discard();
    begin_run(0, make_tuple(env(), atoms().error, error_map(env(), atoms(), error, count_)));
    lengthen();
    is_ended_by_member_ = on_error_ == OnError::rollback || error.ends_batch();
  }

  std::unique_ptr<Reply> again(ErlNifEnv* env) const override {
    return std::make_unique<BatchReply>(env, atoms(), on_error_);
  }

 private:
  Term success(const SessionState& /*state*/) override {
    end_run();
    return ok(runs_);
  }
  // Of the member that has ended the batch, if one has: what came after a member that others were
  // to follow is the batch's own.
  Term failure(const Error& error) override {
    return is_ended_by_member_ ? outcome_ : Reply::failure(error);
  }

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
    runs_ = enif_make_list_cell(env(), make_tuple(env(), outcome_, enif_make_int64(env(), length_)),
                                runs_);
    length_ = 0;
  }

  const OnError on_error_;
  bool is_ended_by_member_ = false;
  ResultEncoder encoder_{env(), atoms()};
  Term runs_ = enif_make_list(env(), 0);
  // The run at the end: its result (0 for an error), the outcome's term, its length so far.
  Term result_ = 0;
  Term outcome_ = 0;
  std::int64_t length_ = 0;
  std::int64_t count_ = 0;  // of all runs
};

// {:ok, results} of every statement of a text.
class ScriptReply final : public Reply {
 public:
  using Reply::Reply;
  void columns(std::span<const std::string_view> names) override { encoder_.columns(names); }
  bool row(std::span<const ValueView> values) override { return encoder_.row(values); }
  void done(StatementKind kind, std::int64_t count) override {
    results_.push(encoder_.done(kind, count));
  }

  std::unique_ptr<Reply> again(ErlNifEnv* env) const override {
    return std::make_unique<ScriptReply>(env, atoms());
  }

 private:
  Term success(const SessionState& /*state*/) override { return ok(results_.list(env())); }

  ResultEncoder encoder_{env(), atoms()};
  TermBuffer results_;
};

}  // namespace

Term batch(Call& call) {
  const AtomValue<OnError> choices[] = {{call.atoms().proceed, OnError::proceed},
                                        {call.atoms().halt, OnError::halt},
                                        {call.atoms().rollback, OnError::rollback}};
  const OnError on_error = choice_of(call.argument(2), choices, ":proceed, :halt, :rollback");
  call.set_timeout(integer_of(call.env(), call.argument(3), "timeout"));
  static_cast<void>(list_length(call.env(), call.argument(1), "a batch"));
  MemberList members(call.env(), call.atoms(), call.argument(1));
  BatchReply reply(call.env(), call.atoms(), on_error);
  return run_request(call, request::Batch{members, on_error}, reply);
}

Term script(Call& call) {
  const std::string_view sql = call.sql(1);
  const AtomValue<bool> choices[] = {{call.atoms().plain, false}, {call.atoms().atomic, true}};
  const bool atomic = choice_of(call.argument(2), choices, ":plain, :atomic");
  call.set_timeout(integer_of(call.env(), call.argument(3), "timeout"));
  ScriptReply reply(call.env(), call.atoms());
  return run_request(call, request::Script{sql, atomic}, reply);
}

}  // namespace libsql::nif
