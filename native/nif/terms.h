// Atoms, and the small typed codecs between terms and C++.
#ifndef LIBSQL_NIF_TERMS_H_
#define LIBSQL_NIF_TERMS_H_

#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <erl_nif.h>

#include "libsql/error.h"
#include "libsql/sql.h"

namespace libsql::nif {

using Term = ERL_NIF_TERM;

// Every atom this library knows by name, made once at load. A trailing underscore avoids a keyword.
struct Atoms {
  explicit Atoms(ErlNifEnv* env);

  Term ok, error, nil, true_, false_, null, infinity, neg_infinity, nan, blob, text, done;
  Term wait, granted, cancelled, waiting, granted_message, cancelled_message, backup_message;
  Term event_message, script, idle;
  // Kinds of failure that the library does not have.
  Term not_found, foreign, missing_parameters, positional_parameters, invalid_argument;
  // The keys of an error map.
  Term kind, message, code, extended_code, statement, offset, index;
  // Commands.
  Term select, insert, update, delete_, create, pragma, begin, commit, rollback, other, unknown;
  // Arguments.
  Term deferred, immediate, exclusive, read_only, open, release, rollback_to, plain, atomic;
  Term ask, refuse, allow;
  Term proceed, halt, to, from, passive, full, restart, truncate, wal;
  Term last_insert_rowid, changes, total_changes;
};

// What this layer refuses by itself, in the library's place.
class Failure : public std::exception {
 public:
  enum class Kind : std::uint8_t {
    invalid_argument,
    not_found,
    foreign,
    missing_parameters,
    positional_parameters,
  };

  Failure(Kind kind, std::string message) : kind_(kind), message_(std::move(message)) {}
  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }
  [[nodiscard]] std::string_view message() const noexcept { return message_; }

 private:
  Kind kind_;
  std::string message_;
};

[[noreturn]] void throw_invalid(std::string message);  // Kind::invalid_argument

// The kind of a term in words, for messages that must not print it.
[[nodiscard]] std::string_view term_kind(ErlNifEnv* env, Term term) noexcept;

// Decoders throw Failure; `what` names the argument in the message.
[[nodiscard]] std::string_view binary_of(ErlNifEnv* env, Term term, std::string_view what);
// SQL must be UTF-8, because it comes back in column names and errors, which are texts of Elixir.
[[nodiscard]] std::string_view sql_of(ErlNifEnv* env, Term term);
[[nodiscard]] std::int64_t integer_of(ErlNifEnv* env, Term term, std::string_view what);
[[nodiscard]] bool boolean_of(ErlNifEnv* env, const Atoms& atoms, Term term, std::string_view what);
[[nodiscard]] ErlNifPid pid_of(ErlNifEnv* env, Term term, std::string_view what);
// The elements of a tuple of that size.
[[nodiscard]] std::span<const Term> tuple_of(ErlNifEnv* env, Term term, int size,
                                             std::string_view what);
// The length of a proper list.
[[nodiscard]] unsigned list_length(ErlNifEnv* env, Term term, std::string_view what);
// An atom's text in UTF-8; empty optional if the term is no atom.
[[nodiscard]] std::optional<std::string> atom_text(ErlNifEnv* env, Term term);

// The value that belongs to an atom. `expected` completes "what must be one of".
template <typename Value>
struct AtomValue {
  Term atom;
  Value value;
};
template <typename Value, std::size_t size>
[[nodiscard]] Value choice_of(Term term, const AtomValue<Value> (&choices)[size],
                              std::string_view expected) {
  for (const auto& choice : choices) {
    if (choice.atom == term) return choice.value;
  }
  throw_invalid("expected one of " + std::string(expected));
}

[[nodiscard]] Term make_binary(ErlNifEnv* env, std::string_view bytes);
// An atom from a name of ours, which is never of unbounded origin.
[[nodiscard]] Term make_atom(ErlNifEnv* env, std::string_view name);

template <typename... Terms>
[[nodiscard]] Term make_tuple(ErlNifEnv* env, Terms... terms) {
  const Term elements[] = {terms...};
  return enif_make_tuple_from_array(env, elements, sizeof...(terms));
}

// The atom for what a statement does, as in the results.
[[nodiscard]] Term command_atom(const Atoms& atoms, StatementKind kind) noexcept;

// The map of an error (see EctoLibSql.Nif.error/0); `index` adds the place of a batch member.
[[nodiscard]] Term error_map(ErlNifEnv* env, const Atoms& atoms, const Error& error,
                             std::optional<std::int64_t> index = {});
[[nodiscard]] Term error_map(ErlNifEnv* env, const Atoms& atoms, const Failure& failure,
                             std::optional<std::int64_t> index = {});

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_TERMS_H_
