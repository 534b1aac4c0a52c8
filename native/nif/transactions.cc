// Transactions and savepoints by call. As SQL they are ordinary statements (statements.cc).
#include "executor.h"
#include "ids.h"
#include "operations.h"
#include "reply.h"

namespace libsql::nif {

namespace {

Term transaction_id(ErlNifEnv* env, const std::string& connection, const SessionState& state) {
  return make_binary(env, child_id(connection, IdKind::transaction, state.transaction));
}

// {:ok, id} of the transaction that has begun.
class BeginReply final : public Reply {
 public:
  BeginReply(ErlNifEnv* env, const Atoms& atoms, const std::string& connection)
      : Reply(env, atoms), connection_(connection) {}

  std::unique_ptr<Reply> again(ErlNifEnv* env) const override {
    return std::make_unique<BeginReply>(env, atoms(), connection_);
  }

 private:
  Term success(const SessionState& state) override {
    return ok(transaction_id(env(), connection_, state));
  }

  const std::string& connection_;
};

// :ok, or :idle if there was nothing to roll back.
class RollbackReply final : public Reply {
 public:
  using Reply::Reply;
  void done(StatementKind /*kind*/, std::int64_t count) override { was_open_ = count > 0; }

  std::unique_ptr<Reply> again(ErlNifEnv* env) const override {
    return std::make_unique<RollbackReply>(env, atoms());
  }

 private:
  Term success(const SessionState& /*state*/) override {
    return was_open_ ? atoms().ok : atoms().idle;
  }

  bool was_open_ = false;
};

// {:ok, {in_transaction?, id | nil}}
class StatusReply final : public Reply {
 public:
  StatusReply(ErlNifEnv* env, const Atoms& atoms, const std::string& connection)
      : Reply(env, atoms), connection_(connection) {}

  std::unique_ptr<Reply> again(ErlNifEnv* env) const override {
    return std::make_unique<StatusReply>(env, atoms(), connection_);
  }

 private:
  Term success(const SessionState& state) override {
    const bool open = state.in_transaction;
    return ok(make_tuple(env(), open ? atoms().true_ : atoms().false_,
                         open ? transaction_id(env(), connection_, state) : atoms().nil));
  }

  const std::string& connection_;
};

}  // namespace

Term begin_transaction(Call& call) {
  const Atoms& atoms = call.atoms();
  const AtomValue<TransactionMode> choices[] = {{atoms.deferred, TransactionMode::deferred},
                                                {atoms.immediate, TransactionMode::immediate},
                                                {atoms.exclusive, TransactionMode::exclusive},
                                                {atoms.read_only, TransactionMode::read_only}};
  const TransactionMode mode =
      choice_of(call.argument(1), choices, ":deferred, :immediate, :exclusive, :read_only");
  ConnectionPtr connection = call.connection(0);
  BeginReply reply(call.env(), call.atoms(), connection->id());
  return run_request(call, connection, request::Begin{mode}, reply);
}

Term commit(Call& call) {
  Reply reply(call.env(), call.atoms());
  return run_request(call, request::Commit{}, reply);
}

Term rollback(Call& call) {
  RollbackReply reply(call.env(), call.atoms());
  return run_request(call, request::Rollback{}, reply);
}

Term savepoint(Call& call) {
  const Atoms& atoms = call.atoms();
  const AtomValue<SavepointOp> choices[] = {{atoms.open, SavepointOp::open},
                                            {atoms.release, SavepointOp::release},
                                            {atoms.rollback_to, SavepointOp::rollback_to}};
  const SavepointOp operation =
      choice_of(call.argument(1), choices, ":open, :release, :rollback_to");
  const std::string_view name = call.binary(2, "savepoint name");
  Reply reply(call.env(), call.atoms());
  return run_request(call, request::Savepoint{operation, name}, reply);
}

namespace {

// {:ok, allowed?} after a change of the rule.
class WritesReply final : public Reply {
 public:
  WritesReply(ErlNifEnv* env, const Atoms& atoms, WriteRule rule)
      : Reply(env, atoms), rule_(rule) {}

  std::unique_ptr<Reply> again(ErlNifEnv* env) const override {
    return std::make_unique<WritesReply>(env, atoms(), rule_);
  }

 private:
  Term success(const SessionState& /*state*/) override {
    return ok(rule_ == WriteRule::allow ? atoms().true_ : atoms().false_);
  }

  const WriteRule rule_;
};

Term may_write(Call& call) {
  return with_connection(call, [&](LockedConnection& locked) {
    return call.ok(locked.connection().read_only() ? call.atoms().false_ : call.atoms().true_);
  });
}

}  // namespace

Term writes(Call& call) {
  if (call.argument(1) == call.atoms().ask) return may_write(call);
  const AtomValue<WriteRule> choices[] = {{call.atoms().refuse, WriteRule::refuse},
                                          {call.atoms().allow, WriteRule::allow}};
  const WriteRule rule = choice_of(call.argument(1), choices, ":ask, :refuse, :allow");
  WritesReply reply(call.env(), call.atoms(), rule);
  return run_request(call, request::Writes{rule}, reply);
}

Term transaction_status(Call& call) {
  ConnectionPtr connection = call.connection(0);
  StatusReply reply(call.env(), call.atoms(), connection->id());
  return run_request(call, connection, request::Status{}, reply);
}

}  // namespace libsql::nif
