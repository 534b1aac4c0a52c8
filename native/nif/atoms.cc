#include "atoms.h"

#include <iterator>

namespace libsql::nif {

namespace {

struct AtomName {
  Term Atoms::*member;
  const char* name;
};

constexpr AtomName kAtomNames[] = {
    {&Atoms::ok, "ok"},
    {&Atoms::error, "error"},
    {&Atoms::nil, "nil"},
    {&Atoms::true_, "true"},
    {&Atoms::false_, "false"},
    {&Atoms::null, "null"},
    {&Atoms::infinity, "infinity"},
    {&Atoms::neg_infinity, "neg_infinity"},
    {&Atoms::nan, "nan"},
    {&Atoms::blob, "blob"},
    {&Atoms::text, "text"},
    {&Atoms::done, "done"},
    {&Atoms::wait, "wait"},
    {&Atoms::granted, "granted"},
    {&Atoms::cancelled, "cancelled"},
    {&Atoms::waiting, "waiting"},
    {&Atoms::granted_message, "ecto_libsql_granted"},
    {&Atoms::cancelled_message, "ecto_libsql_cancelled"},
    {&Atoms::backup_message, "ecto_libsql_backup"},
    {&Atoms::event_message, "ecto_libsql"},
    {&Atoms::script, "script"},
    {&Atoms::idle, "idle"},
    {&Atoms::pending, "pending"},
    {&Atoms::running, "running"},
    {&Atoms::answered, "answered"},
    {&Atoms::answer_message, "ecto_libsql_answer"},
    {&Atoms::token_message, "ecto_libsql_token"},
    {&Atoms::not_found, "not_found"},
    {&Atoms::foreign, "foreign"},
    {&Atoms::not_found_connection, "not_found_connection"},
    {&Atoms::not_found_transaction, "not_found_transaction"},
    {&Atoms::not_found_statement, "not_found_statement"},
    {&Atoms::not_found_cursor, "not_found_cursor"},
    {&Atoms::not_found_subscription, "not_found_subscription"},
    {&Atoms::foreign_transaction, "foreign_transaction"},
    {&Atoms::foreign_statement, "foreign_statement"},
    {&Atoms::foreign_cursor, "foreign_cursor"},
    {&Atoms::kind, "kind"},
    {&Atoms::message, "message"},
    {&Atoms::code, "code"},
    {&Atoms::extended_code, "extended_code"},
    {&Atoms::statement, "statement"},
    {&Atoms::offset, "offset"},
    {&Atoms::recovery, "recovery"},
    {&Atoms::index, "index"},
    {&Atoms::retryable, "retryable"},
    {&Atoms::outcome_unknown, "outcome_unknown"},
    {&Atoms::transaction_lost, "transaction_lost"},
    {&Atoms::connection_lost, "connection_lost"},
    {&Atoms::unauthorised, "unauthorised"},
    {&Atoms::unavailable, "unavailable"},
    {&Atoms::select, "select"},
    {&Atoms::insert, "insert"},
    {&Atoms::update, "update"},
    {&Atoms::delete_, "delete"},
    {&Atoms::create, "create"},
    {&Atoms::drop, "drop"},
    {&Atoms::pragma, "pragma"},
    {&Atoms::begin, "begin"},
    {&Atoms::commit, "commit"},
    {&Atoms::rollback, "rollback"},
    {&Atoms::other, "other"},
    {&Atoms::unknown, "unknown"},
    {&Atoms::deferred, "deferred"},
    {&Atoms::immediate, "immediate"},
    {&Atoms::exclusive, "exclusive"},
    {&Atoms::read_only, "read_only"},
    {&Atoms::open, "open"},
    {&Atoms::release, "release"},
    {&Atoms::rollback_to, "rollback_to"},
    {&Atoms::plain, "plain"},
    {&Atoms::atomic, "atomic"},
    {&Atoms::ask, "ask"},
    {&Atoms::refuse, "refuse"},
    {&Atoms::allow, "allow"},
    {&Atoms::proceed, "proceed"},
    {&Atoms::halt, "halt"},
    {&Atoms::to, "to"},
    {&Atoms::from, "from"},
    {&Atoms::passive, "passive"},
    {&Atoms::full, "full"},
    {&Atoms::restart, "restart"},
    {&Atoms::truncate, "truncate"},
    {&Atoms::wal, "wal"},
    {&Atoms::last_insert_rowid, "last_insert_rowid"},
    {&Atoms::changes, "changes"},
    {&Atoms::total_changes, "total_changes"},
    {&Atoms::protocol_version, "protocol_version"},
    {&Atoms::lost, "lost"},
    {&Atoms::ended, "ended"},
};
// Every member of Atoms is a Term, so a forgotten name shows here.
static_assert(sizeof(Atoms) == sizeof(Term) * std::size(kAtomNames));

}  // namespace

Atoms::Atoms(ErlNifEnv* env) {
  for (const AtomName& atom : kAtomNames) this->*atom.member = enif_make_atom(env, atom.name);
}

}  // namespace libsql::nif
