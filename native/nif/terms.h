// The small typed codecs between terms and C++.
#ifndef LIBSQL_NIF_TERMS_H_
#define LIBSQL_NIF_TERMS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <erl_nif.h>

#include "atoms.h"
#include "failure.h"
#include "libsql/sql.h"

namespace libsql::nif {

// The type of a term in words: messages do not print terms.
[[nodiscard]] std::string_view term_kind(ErlNifEnv* env, Term term) noexcept;

// Decoders throw Error of the kind invalid_argument; `what` names the argument in the message.
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
// An atom from one of this library's own names, of which there are few.
[[nodiscard]] Term make_atom(ErlNifEnv* env, std::string_view name);

template <typename... Terms>
[[nodiscard]] Term make_tuple(ErlNifEnv* env, Terms... terms) {
  const Term elements[] = {terms...};
  return enif_make_tuple_from_array(env, elements, sizeof...(terms));
}

// The atom for what a statement does, as in the results.
[[nodiscard]] Term command_atom(const Atoms& atoms, StatementKind kind) noexcept;

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_TERMS_H_
