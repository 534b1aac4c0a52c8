// Every operation of EctoLibSql.Nif, by the file that implements it. nif.cc has the table.
#ifndef LIBSQL_NIF_OPERATIONS_H_
#define LIBSQL_NIF_OPERATIONS_H_

#include "run.h"

namespace libsql::nif {

// keys.cc
Term new_key(Call& call);

// tokens.cc
Term give_token(Call& call);

// connections.cc
Term open_connection(Call& call);
Term close_connection(Call& call);
Term ping(Call& call);
Term interrupt(Call& call);
Term reset_connection(Call& call);
Term cancel_write(Call& call);
Term run_job(Call& call);
Term cancel_job(Call& call);
Term busy_timeout(Call& call);
Term set_busy_timeout(Call& call);
Term info(Call& call);
Term stats(Call& call);

// statements.cc
Term execute(Call& call);
Term prepare(Call& call);
Term check(Call& call);
Term uncache(Call& call);
Term execute_statement(Call& call);
Term reset_statement(Call& call);
Term describe_statement(Call& call);
Term statement_counters(Call& call);
Term describe(Call& call);
Term close_statement(Call& call);

// batches.cc
Term script(Call& call);
Term batch(Call& call);

// cursors.cc
Term open_cursor(Call& call);
Term fetch(Call& call);
Term close_cursor(Call& call);

// transactions.cc
Term begin_transaction(Call& call);
Term commit(Call& call);
Term rollback(Call& call);
Term savepoint(Call& call);
Term writes(Call& call);
Term transaction_status(Call& call);

// whole_database.cc
Term backup(Call& call);
Term serialise(Call& call);
Term deserialise(Call& call);
Term checkpoint(Call& call);
Term vacuum_into(Call& call);
Term rekey(Call& call);
Term enable_extensions(Call& call);
Term load_extension(Call& call);
Term set_access_policy(Call& call);

// replica.cc
Term sync(Call& call);
Term replica_status(Call& call);
Term freeze(Call& call);

// events.cc
Term subscribe(Call& call);
Term listen(Call& call);
Term unsubscribe(Call& call);

// nif.cc: without a connection
Term statement_kind(Call& call);
Term sqlite_version(Call& call);
Term live_counts(Call& call);
Term recovery(Call& call);

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_OPERATIONS_H_
