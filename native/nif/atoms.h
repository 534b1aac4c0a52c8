// The atoms that this library knows by name.
#ifndef LIBSQL_NIF_ATOMS_H_
#define LIBSQL_NIF_ATOMS_H_

#include <erl_nif.h>

namespace libsql::nif {

using Term = ERL_NIF_TERM;

// Every atom this library knows by name, made once at load. A trailing underscore avoids a keyword.
struct Atoms {
  explicit Atoms(ErlNifEnv* env);

  Term ok, error, nil, true_, false_, null, infinity, neg_infinity, nan, blob, text, done;
  Term wait, granted, cancelled, waiting, granted_message, cancelled_message, backup_message;
  Term event_message, script, idle, pending, running, answered, answer_message;
  Term token_message;
  // Kinds of failure that the library does not have, and their extended codes.
  Term not_found, foreign;
  Term not_found_connection, not_found_transaction, not_found_statement, not_found_cursor;
  Term not_found_subscription, foreign_transaction, foreign_statement, foreign_cursor;
  // The keys of an error map, and what its `recovery` lists.
  Term kind, message, code, extended_code, statement, offset, recovery, index;
  Term retryable, outcome_unknown, transaction_lost, connection_lost, unauthorised, unavailable;
  // Commands.
  Term select, insert, update, delete_, create, drop, pragma, begin, commit, rollback, other;
  Term unknown;
  // Arguments.
  Term deferred, immediate, exclusive, read_only, open, release, rollback_to, plain, atomic;
  Term ask, refuse, allow;
  Term proceed, halt, to, from, passive, full, restart, truncate, wal;
  Term last_insert_rowid, changes, total_changes, protocol_version;
  // Change events of a server.
  Term lost, ended;
};

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_ATOMS_H_
