// The table of entry points: what lib/ecto_libsql/nif.ex declares, and where each one runs.
#include <erl_nif.h>

#include "core/live_count.h"
#include "libsql/database.h"
#include "libsql/sql.h"
#include "operations.h"
#include "run.h"
#include "state.h"

namespace libsql::nif {

Term statement_kind(Call& call) {
  ErlNifBinary sql;
  if (enif_inspect_binary(call.env(), call.argument(0), &sql) == 0) return call.atoms().unknown;
  return command_atom(call.atoms(), libsql::statement_kind(std::string_view(
                                        reinterpret_cast<const char*>(sql.data), sql.size)));
}

Term sqlite_version(Call& call) { return make_binary(call.env(), libsql::sqlite_version()); }

Term live_counts(Call& call) {
  ErlNifEnv* env = call.env();
  const Counts& counts = call.state()->counts;
  Term keys[] = {make_atom(env, "connections"), make_atom(env, "statements"),
                 make_atom(env, "cursors"), make_atom(env, "tickets")};
  Term values[] = {enif_make_int64(env, counts.connections),
                   enif_make_int64(env, core::live_statements),
                   enif_make_int64(env, core::live_cursors), enif_make_int64(env, counts.tickets)};
  Term map = 0;
  enif_make_map_from_arrays(env, keys, values, std::size(keys), &map);
  return map;
}

Term recovery(Call& call) {
  const auto kind = atom_text(call.env(), call.argument(0));
  const auto code = atom_text(call.env(), call.argument(1));
  if (!kind || !code) throw_invalid("expected the kind and the extended code of an error");
  return recovery_list(call.env(), call.atoms(), recovery_of_names(*kind, *code));
}

namespace {

// Starts on the calling scheduler; see run.h.
template <Operation operation>
constexpr ErlNifFunc quick(const char* name, unsigned arity) {
  return {name, arity, &start<operation>, 0};
}

// May wait for the disk: always on a thread of ours, after the connection's earlier jobs.
template <Operation operation>
constexpr ErlNifFunc slow(const char* name, unsigned arity) {
  return {name, arity, &start<operation, leave_with_connection>, 0};
}

// The same, unless the connection answers later.
template <Operation operation>
constexpr ErlNifFunc slow_here(const char* name, unsigned arity) {
  return {name, arity, &start<operation, leave_or_start<operation>>, 0};
}

// As slow(), without a connection.
template <Operation operation>
constexpr ErlNifFunc alone(const char* name, unsigned arity) {
  return {name, arity, &start<operation, leave_alone>, 0};
}

ErlNifFunc functions[] = {
    alone<open_connection>("open", 2),
    quick<new_key>("new_key", 1),
    quick<give_token>("give_token", 2),
    quick<close_connection>("close", 1),
    quick<ping>("ping", 1),
    quick<interrupt>("interrupt", 1),
    slow_here<reset_connection>("reset", 1),
    quick<cancel_write>("cancel_write", 1),
    quick<run_job>("run_job", 3),
    quick<cancel_job>("cancel_job", 1),
    quick<busy_timeout>("busy_timeout", 1),

    quick<execute>("execute", 4),
    slow_here<script>("script", 4),
    slow_here<batch>("batch", 4),
    quick<prepare>("prepare", 2),
    quick<check>("check", 2),
    quick<uncache>("uncache", 2),
    quick<execute_statement>("execute_statement", 4),
    quick<reset_statement>("reset_statement", 2),
    quick<describe_statement>("describe_statement", 2),
    quick<statement_counters>("statement_counters", 2),
    quick<describe>("describe", 2),
    quick<close_statement>("close_statement", 1),

    quick<open_cursor>("open_cursor", 3),
    quick<fetch>("fetch", 4),
    quick<close_cursor>("close_cursor", 1),

    quick<begin_transaction>("begin_transaction", 2),
    quick<commit>("commit", 1),
    quick<rollback>("rollback", 1),
    quick<savepoint>("savepoint", 3),
    quick<writes>("writes", 2),
    quick<transaction_status>("transaction_status", 1),

    quick<info>("info", 2),
    quick<stats>("stats", 1),

    slow<set_busy_timeout>("set_busy_timeout", 2),
    slow<backup>("backup", 6),
    slow<serialise>("serialise", 2),
    slow<deserialise>("deserialise", 3),
    slow<checkpoint>("checkpoint", 3),
    slow<vacuum_into>("vacuum_into", 3),
    alone<rekey>("rekey", 4),

    slow<sync>("sync", 3),
    quick<replica_status>("replica_status", 1),
    slow<freeze>("freeze", 1),

    slow<enable_extensions>("enable_extensions", 2),
    slow<load_extension>("load_extension", 3),
    quick<subscribe>("subscribe", 3),
    quick<listen>("listen", 3),
    quick<unsubscribe>("unsubscribe", 2),
    slow<set_access_policy>("set_access_policy", 2),

    quick<statement_kind>("statement_kind", 1),
    quick<sqlite_version>("sqlite_version", 0),
    quick<live_counts>("live_counts", 0),
    quick<recovery>("recovery", 2),
};

}  // namespace

}  // namespace libsql::nif

ERL_NIF_INIT(Elixir.EctoLibSql.Nif, libsql::nif::functions, libsql::nif::load, nullptr,
             libsql::nif::upgrade, libsql::nif::unload)
