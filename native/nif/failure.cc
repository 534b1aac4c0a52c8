#include "failure.h"

#include <algorithm>
#include <array>
#include <span>

#include "libsql/value.h"
#include "terms.h"

namespace libsql::nif {

namespace {

struct IdNames {
  std::string_view in_messages;
  Term Atoms::*not_found;
  Term Atoms::*foreign;  // null for what belongs to no connection
};

const IdNames& names_of(IdKind id) noexcept {
  // In the order of the enumeration.
  static constexpr IdNames kNames[] = {
      {"Connection", &Atoms::not_found_connection, nullptr},
      {"Transaction", &Atoms::not_found_transaction, &Atoms::foreign_transaction},
      {"Statement", &Atoms::not_found_statement, &Atoms::foreign_statement},
      {"Cursor", &Atoms::not_found_cursor, &Atoms::foreign_cursor},
      {"Subscription", &Atoms::not_found_subscription, nullptr},
  };
  return kNames[static_cast<std::size_t>(id)];
}

Term extended_atom(const Atoms& atoms, const Failure& failure) noexcept {
  const IdNames& names = names_of(failure.id());
  return atoms.*(failure.kind() == Failure::Kind::foreign ? names.foreign : names.not_found);
}

// For an id of nothing that is open. A foreign id says nothing about the caller's own connection,
// and the id of a transaction not whether it was committed or rolled back.
Recovery recovery_of_unknown(IdKind id) noexcept {
  Recovery recovery;
  recovery.connection_lost = id == IdKind::connection;
  recovery.transaction_lost = recovery.connection_lost;
  return recovery;
}

// SQLite quotes SQL in its messages, which need not be UTF-8; Elixir needs text.
std::string printable(std::string_view message) {
  std::string text;
  while (!message.empty()) {
    std::size_t taken = std::min<std::size_t>(message.size(), 4);
    while (taken > 0 && !is_utf8(message.substr(0, taken))) --taken;
    text += taken > 0 ? message.substr(0, taken) : "\xEF\xBF\xBD";
    message.remove_prefix(std::max<std::size_t>(taken, 1));
  }
  return text;
}

Term make_message(ErlNifEnv* env, std::string_view message) {
  return make_binary(env, is_utf8(message) ? message : std::string_view(printable(message)));
}

struct ErrorTerms {
  Term kind;
  std::string_view message;
  Term code;
  Term extended_code;
  Term statement;
  int offset;
  Recovery recovery;
};

Term make_error_map(ErlNifEnv* env, const Atoms& atoms, const ErrorTerms& error,
                    std::optional<std::int64_t> index) {
  std::array<Term, 8> keys = {atoms.kind,      atoms.message, atoms.code,     atoms.extended_code,
                              atoms.statement, atoms.offset,  atoms.recovery, atoms.index};
  std::array<Term, 8> values = {error.kind,
                                make_message(env, error.message),
                                error.code,
                                error.extended_code,
                                error.statement,
                                error.offset < 0 ? atoms.nil : enif_make_int(env, error.offset),
                                recovery_list(env, atoms, error.recovery),
                                enif_make_int64(env, index.value_or(0))};
  Term map = atoms.nil;
  enif_make_map_from_arrays(env, keys.data(), values.data(), index ? 8 : 7, &map);
  return map;
}

}  // namespace

Failure Failure::not_found(IdKind id) {
  return {Kind::not_found, id, std::string(names_of(id).in_messages) + " not found"};
}

Failure Failure::foreign(IdKind id) {
  // "this" for transactions only: applications match both texts.
  const std::string_view owner = id == IdKind::transaction ? "this connection" : "connection";
  return {Kind::foreign, id,
          std::string(names_of(id).in_messages) + " does not belong to " + std::string(owner)};
}

void throw_invalid(std::string message) {
  throw Error(ErrorKind::invalid_argument, std::move(message));
}

Recovery recovery_of_names(std::string_view kind, std::string_view extended_code) noexcept {
  if (extended_code == "not_found_connection") return recovery_of_unknown(IdKind::connection);
  if (extended_code == "not_found_transaction") return recovery_of_unknown(IdKind::transaction);
  return recovery_of(error_kind(kind).value_or(ErrorKind::error), sqlite_code(extended_code));
}

Term recovery_list(ErlNifEnv* env, const Atoms& atoms, const Recovery& recovery) {
  struct Item {
    bool Recovery::*holds;
    Term Atoms::*name;
  };
  static constexpr Item kItems[] = {
      {&Recovery::unavailable, &Atoms::unavailable},
      {&Recovery::unauthorised, &Atoms::unauthorised},
      {&Recovery::connection_lost, &Atoms::connection_lost},
      {&Recovery::transaction_lost, &Atoms::transaction_lost},
      {&Recovery::outcome_unknown, &Atoms::outcome_unknown},
      {&Recovery::retryable, &Atoms::retryable},
  };
  Term list = enif_make_list(env, 0);
  for (const Item& item : kItems) {
    if (recovery.*item.holds) list = enif_make_list_cell(env, atoms.*item.name, list);
  }
  return list;
}

namespace {

// What the library's own error for an unknown id is about.
std::optional<IdKind> unknown_id(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::unknown_transaction:
      return IdKind::transaction;
    case ErrorKind::unknown_statement:
      return IdKind::statement;
    case ErrorKind::unknown_cursor:
      return IdKind::cursor;
    default:
      return std::nullopt;
  }
}

}  // namespace

Term error_map(ErlNifEnv* env, const Atoms& atoms, const Error& error,
               std::optional<std::int64_t> index) {
  if (const auto id = unknown_id(error.kind())) {
    return error_map(env, atoms, Failure::not_found(*id), index);
  }
  const Term kind = make_atom(env, to_string(error.kind()));
  // The library's own errors have no SQLite code: their kind stands in for it.
  const bool coded = error.extended_code() != 0;
  const ErrorTerms terms{
      kind,
      error.message(),
      coded ? make_atom(env, sqlite_code_name(error.code())) : kind,
      coded ? make_atom(env, sqlite_code_name(error.extended_code())) : kind,
      error.statement().empty() ? atoms.nil : make_binary(env, error.statement()),
      error.sql_offset(),
      error.recovery(),
  };
  return make_error_map(env, atoms, terms, index);
}

Term error_map(ErlNifEnv* env, const Atoms& atoms, const Failure& failure,
               std::optional<std::int64_t> index) {
  const Term kind = failure.kind() == Failure::Kind::foreign ? atoms.foreign : atoms.not_found;
  const ErrorTerms terms{
      kind,
      failure.message(),
      kind,
      extended_atom(atoms, failure),
      atoms.nil,
      -1,
      failure.kind() == Failure::Kind::not_found ? recovery_of_unknown(failure.id()) : Recovery{}};
  return make_error_map(env, atoms, terms, index);
}

}  // namespace libsql::nif
