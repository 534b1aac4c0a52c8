#include "terms.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "libsql/value.h"

namespace libsql::nif {

namespace {

std::string latin1_to_utf8(std::string_view latin1) {
  std::string utf8;
  utf8.reserve(latin1.size());
  for (const char character : latin1) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte < 0x80U) {
      utf8 += character;
    } else {
      utf8 += static_cast<char>(0xC0U | (byte >> 6U));
      utf8 += static_cast<char>(0x80U | (byte & 0x3FU));
    }
  }
  return utf8;
}

// Atoms beyond Latin-1: OTP 25 gives their text only in the external term format.
// Source: erlang.org/doc/apps/erts/erl_ext_dist.html, 118 ATOM_UTF8_EXT, 119 SMALL_ATOM_UTF8_EXT.
std::optional<std::string> external_atom_text(ErlNifEnv* env, Term term) {
  ErlNifBinary external;
  if (enif_term_to_binary(env, term, &external) == 0) return std::nullopt;
  const std::string bytes(reinterpret_cast<const char*>(external.data), external.size);
  enif_release_binary(&external);
  if (bytes.size() > 3 && bytes[1] == 119) return bytes.substr(3);
  if (bytes.size() > 4 && bytes[1] == 118) return bytes.substr(4);
  return std::nullopt;
}

}  // namespace

std::string_view term_kind(ErlNifEnv* env, Term term) noexcept {
  switch (enif_term_type(env, term)) {
    case ERL_NIF_TERM_TYPE_ATOM:
      return "an atom";
    case ERL_NIF_TERM_TYPE_BITSTRING:
      return enif_is_binary(env, term) != 0 ? "a binary" : "a bitstring";
    case ERL_NIF_TERM_TYPE_FLOAT:
      return "a float";
    case ERL_NIF_TERM_TYPE_FUN:
      return "a function";
    case ERL_NIF_TERM_TYPE_INTEGER:
      return "an integer";
    case ERL_NIF_TERM_TYPE_LIST:
      return "a list";
    case ERL_NIF_TERM_TYPE_MAP:
      return "a map";
    case ERL_NIF_TERM_TYPE_PID:
      return "a pid";
    case ERL_NIF_TERM_TYPE_PORT:
      return "a port";
    case ERL_NIF_TERM_TYPE_REFERENCE:
      return "a reference";
    case ERL_NIF_TERM_TYPE_TUPLE:
      return "a tuple";
    default:
      return "a term of a new kind";  // erl_nif.h reserves the right to add types.
  }
}

namespace {
[[noreturn]] void throw_wrong_kind(ErlNifEnv* env, Term term, std::string_view what,
                                   std::string_view expected) {
  throw_invalid(std::string(what) + " must be " + std::string(expected) + ", not " +
                std::string(term_kind(env, term)));
}
}  // namespace

std::string_view binary_of(ErlNifEnv* env, Term term, std::string_view what) {
  ErlNifBinary binary;
  if (enif_inspect_binary(env, term, &binary) == 0) throw_wrong_kind(env, term, what, "a binary");
  return {reinterpret_cast<const char*>(binary.data), binary.size};
}

std::string_view sql_of(ErlNifEnv* env, Term term) {
  const std::string_view sql = binary_of(env, term, "SQL");
  if (!is_utf8(sql)) throw_invalid("the SQL text is not valid UTF-8");
  return sql;
}

std::int64_t integer_of(ErlNifEnv* env, Term term, std::string_view what) {
  ErlNifSInt64 value = 0;
  if (enif_get_int64(env, term, &value) == 0) {
    if (enif_is_number(env, term) != 0)
      throw_invalid(std::string(what) + " must be an integer of 64 bits");
    throw_wrong_kind(env, term, what, "an integer of 64 bits");
  }
  return value;
}

bool boolean_of(ErlNifEnv* env, const Atoms& atoms, Term term, std::string_view what) {
  if (term == atoms.true_) return true;
  if (term != atoms.false_) throw_wrong_kind(env, term, what, "true or false");
  return false;
}

ErlNifPid pid_of(ErlNifEnv* env, Term term, std::string_view what) {
  ErlNifPid pid;
  if (enif_get_local_pid(env, term, &pid) == 0) throw_wrong_kind(env, term, what, "a local pid");
  return pid;
}

std::span<const Term> tuple_of(ErlNifEnv* env, Term term, int size, std::string_view what) {
  const Term* elements = nullptr;
  int arity = 0;
  if (enif_get_tuple(env, term, &arity, &elements) == 0 || arity != size) {
    throw_invalid(std::string(what) + " must be a tuple of " + std::to_string(size) + " elements");
  }
  return {elements, static_cast<std::size_t>(size)};
}

unsigned list_length(ErlNifEnv* env, Term term, std::string_view what) {
  unsigned length = 0;
  if (enif_get_list_length(env, term, &length) == 0)
    throw_wrong_kind(env, term, what, "a proper list");
  return length;
}

std::optional<std::string> atom_text(ErlNifEnv* env, Term term) {
  if (enif_is_atom(env, term) == 0) return std::nullopt;
  std::array<char, 256> latin1{};  // An atom has at most 255 characters.
  const int written = enif_get_atom(env, term, latin1.data(), latin1.size(), ERL_NIF_LATIN1);
  if (written > 0) {
    return latin1_to_utf8({latin1.data(), static_cast<std::size_t>(written) - 1});
  }
  return external_atom_text(env, term);
}

Term make_binary(ErlNifEnv* env, std::string_view bytes) {
  Term term = 0;
  unsigned char* data = enif_make_new_binary(env, bytes.size(), &term);
  if (!bytes.empty()) std::memcpy(data, bytes.data(), bytes.size());
  return term;
}

Term make_atom(ErlNifEnv* env, std::string_view name) {
  return enif_make_atom_len(env, name.data(), name.size());
}

Term command_atom(const Atoms& atoms, StatementKind kind) noexcept {
  switch (kind) {
    case StatementKind::select:
      return atoms.select;
    case StatementKind::insert:
      return atoms.insert;
    case StatementKind::update:
      return atoms.update;
    case StatementKind::del:
      return atoms.delete_;
    case StatementKind::ddl:
      return atoms.create;
    case StatementKind::drop:
      return atoms.drop;
    case StatementKind::pragma:
      return atoms.pragma;
    case StatementKind::begin:
      return atoms.begin;
    case StatementKind::commit:
      return atoms.commit;
    case StatementKind::rollback:
      return atoms.rollback;
    case StatementKind::savepoint:
    case StatementKind::release:
    case StatementKind::attach:
    case StatementKind::other:
      return atoms.other;
    case StatementKind::unknown:
      return atoms.unknown;
  }
  return atoms.unknown;
}

}  // namespace libsql::nif
