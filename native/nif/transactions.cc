// Transactions and savepoints by call. As SQL they are ordinary statements (statements.cc).
#include "executor.h"
#include "ids.h"
#include "operations.h"

namespace libsql::nif {

namespace {

Term transaction_id(Use& use) {
  const std::uint64_t serial = use.connection().transaction_serial();
  return make_binary(use.env(), child_id(use.object().id(), kTransactionLetter, serial));
}

enum class SavepointOperation : std::uint8_t { open, release, rollback_to };

void run_savepoint(Connection& connection, SavepointOperation operation, std::string_view name) {
  switch (operation) {
    case SavepointOperation::open:
      connection.savepoint(name);
      return;
    case SavepointOperation::release:
      connection.release_savepoint(name);
      return;
    case SavepointOperation::rollback_to:
      connection.rollback_to_savepoint(name);
      return;
  }
}

}  // namespace

Term begin_transaction(Call& call) {
  const Atoms& atoms = call.atoms();
  const AtomValue<Behaviour> choices[] = {{atoms.deferred, Behaviour::deferred},
                                          {atoms.immediate, Behaviour::immediate},
                                          {atoms.exclusive, Behaviour::exclusive},
                                          {atoms.read_only, Behaviour::read_only}};
  const Behaviour behaviour =
      choice_of(call.argument(1), choices, ":deferred, :immediate, :exclusive, :read_only");
  return with_connection(call, [&](Use& use) -> Answer {
    use.will_write();
    Connection& connection = use.connection();
    const bool takes_turn = behaviour == Behaviour::immediate || behaviour == Behaviour::exclusive;
    // Asked first, because an error that is thrown costs more than the turn is usually waited for.
    if (takes_turn && !connection.in_transaction() && !connection.try_write()) return Give::wait;
    connection.begin_transaction(behaviour);
    return call.ok(transaction_id(use));
  });
}

Term commit(Call& call) {
  return with_connection(call, [&](Use& use) -> Answer {
    Connection& connection = use.connection();
    if (connection.in_transaction() && !use.allows(connection.end_of_transaction_work())) {
      return Give::up;
    }
    connection.commit();
    return call.atoms().ok;
  });
}

Term rollback(Call& call) {
  return with_connection(call, [&](Use& use) -> Answer {
    Connection& connection = use.connection();
    if (connection.in_transaction() && !use.allows(connection.end_of_transaction_work())) {
      return Give::up;
    }
    return connection.rollback() ? call.atoms().ok : call.atoms().idle;
  });
}

Term savepoint(Call& call) {
  const Atoms& atoms = call.atoms();
  const AtomValue<SavepointOperation> choices[] = {
      {atoms.open, SavepointOperation::open},
      {atoms.release, SavepointOperation::release},
      {atoms.rollback_to, SavepointOperation::rollback_to}};
  const auto operation = choice_of(call.argument(1), choices, ":open, :release, :rollback_to");
  const std::string_view name = call.binary(2, "savepoint name");
  return with_connection(call, [&](Use& use) -> Answer {
    // Releasing the outermost savepoint of SQL's own making commits.
    if (operation != SavepointOperation::open && use.connection().in_transaction() &&
        !use.allows(use.connection().end_of_transaction_work())) {
      return Give::up;
    }
    run_savepoint(use.connection(), operation, name);
    return call.atoms().ok;
  });
}

Term writes(Call& call) {
  enum class Wish : std::uint8_t { ask, refuse, allow };
  const Atoms& atoms = call.atoms();
  const AtomValue<Wish> choices[] = {
      {atoms.ask, Wish::ask}, {atoms.refuse, Wish::refuse}, {atoms.allow, Wish::allow}};
  const Wish wish = choice_of(call.argument(1), choices, ":ask, :refuse, :allow");
  return with_connection(call, [&](Use& use) -> Answer {
    Connection& connection = use.connection();
    if (wish == Wish::refuse) connection.refuse_writes();
    if (wish == Wish::allow) connection.allow_writes();
    return call.ok(connection.read_only() ? atoms.false_ : atoms.true_);
  });
}

Term transaction_status(Call& call) {
  return with_connection(call, [&](Use& use) -> Answer {
    const Atoms& atoms = call.atoms();
    const bool open = use.connection().in_transaction();
    return call.ok(make_tuple(use.env(), open ? atoms.true_ : atoms.false_,
                              open ? transaction_id(use) : atoms.nil));
  });
}

}  // namespace libsql::nif
