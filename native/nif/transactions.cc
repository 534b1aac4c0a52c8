// Transactions and savepoints by call. As SQL they are ordinary statements (statements.cc).
#include "executor.h"
#include "ids.h"
#include "operations.h"

namespace libsql::nif {

namespace {

Term transaction_id(LockedConnection& locked) {
  const std::uint64_t serial = locked.connection().transaction_serial();
  return make_binary(locked.env(), child_id(locked.object().id(), IdKind::transaction, serial));
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
  const AtomValue<TransactionMode> choices[] = {{atoms.deferred, TransactionMode::deferred},
                                                {atoms.immediate, TransactionMode::immediate},
                                                {atoms.exclusive, TransactionMode::exclusive},
                                                {atoms.read_only, TransactionMode::read_only}};
  const TransactionMode mode =
      choice_of(call.argument(1), choices, ":deferred, :immediate, :exclusive, :read_only");
  return with_connection(call, [&](LockedConnection& locked) -> Answer {
    locked.will_write();
    Connection& connection = locked.connection();
    const bool takes_turn =
        mode == TransactionMode::immediate || mode == TransactionMode::exclusive;
    // Tried first: throwing would_block is slower than the usual wait.
    if (takes_turn && !connection.in_transaction() && !connection.try_write())
      return Continuation::write_ticket;
    connection.begin_transaction(mode);
    return call.ok(transaction_id(locked));
  });
}

Term commit(Call& call) {
  return with_connection(call, [&](LockedConnection& locked) -> Answer {
    Connection& connection = locked.connection();
    if (connection.in_transaction() && !locked.allows(connection.end_of_transaction_cost())) {
      return Continuation::dirty_scheduler;
    }
    connection.commit();
    return call.atoms().ok;
  });
}

Term rollback(Call& call) {
  return with_connection(call, [&](LockedConnection& locked) -> Answer {
    Connection& connection = locked.connection();
    if (connection.in_transaction() && !locked.allows(connection.end_of_transaction_cost())) {
      return Continuation::dirty_scheduler;
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
  return with_connection(call, [&](LockedConnection& locked) -> Answer {
    // RELEASE of an outermost savepoint, opened by SQL outside of a transaction, commits.
    if (operation != SavepointOperation::open && locked.connection().in_transaction() &&
        !locked.allows(locked.connection().end_of_transaction_cost())) {
      return Continuation::dirty_scheduler;
    }
    run_savepoint(locked.connection(), operation, name);
    return call.atoms().ok;
  });
}

Term writes(Call& call) {
  enum class Request : std::uint8_t { ask, refuse, allow };
  const Atoms& atoms = call.atoms();
  const AtomValue<Request> choices[] = {
      {atoms.ask, Request::ask}, {atoms.refuse, Request::refuse}, {atoms.allow, Request::allow}};
  const Request request = choice_of(call.argument(1), choices, ":ask, :refuse, :allow");
  return with_connection(call, [&](LockedConnection& locked) -> Answer {
    Connection& connection = locked.connection();
    if (request == Request::refuse) connection.refuse_writes();
    if (request == Request::allow) connection.allow_writes();
    return call.ok(connection.read_only() ? atoms.false_ : atoms.true_);
  });
}

Term transaction_status(Call& call) {
  return with_connection(call, [&](LockedConnection& locked) -> Answer {
    const Atoms& atoms = call.atoms();
    const bool open = locked.connection().in_transaction();
    return call.ok(make_tuple(locked.env(), open ? atoms.true_ : atoms.false_,
                              open ? transaction_id(locked) : atoms.nil));
  });
}

}  // namespace libsql::nif
