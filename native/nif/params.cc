#include "params.h"

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>

namespace libsql::nif {

namespace {

// Which parameter a value is for: the name, or else the index counted from 1.
struct Place {
  int index;
  std::string_view name;

  [[nodiscard]] std::string text() const {
    return "parameter " + (name.empty() ? std::to_string(index) : std::string(name));
  }
};

[[noreturn]] void throw_bad_parameter(const Place& place, std::string_view problem) {
  throw_invalid(place.text() + " " + std::string(problem));
}

// Turns one term into a view. Bytes that no binary of the caller holds are put into new binaries of
// `env`, which live as long as the call.
class Decoder {
 public:
  Decoder(ErlNifEnv* env, const Atoms& atoms) noexcept : env_(env), atoms_(atoms) {}

  // Sets `view` in place, because copying a ValueView right after its parts were stored stalls.
  void decode(Term term, const Place& place, ValueView& view) const {
    switch (enif_term_type(env_, term)) {
      case ERL_NIF_TERM_TYPE_INTEGER:
        view = integer(term, place);
        break;
      case ERL_NIF_TERM_TYPE_BITSTRING:
        view = text_or_blob(term, place);
        break;
      case ERL_NIF_TERM_TYPE_ATOM:
        view = atom(term);
        break;
      case ERL_NIF_TERM_TYPE_FLOAT:
        view = real(term);
        break;
      case ERL_NIF_TERM_TYPE_TUPLE:
        view = tagged(term, place);
        break;
      case ERL_NIF_TERM_TYPE_LIST:
        view = bytes_of_list(term, place);
        break;
      default:
        unsupported(term, place);
    }
  }

 private:
  [[nodiscard]] ValueView integer(Term term, const Place& place) const {
    ErlNifSInt64 value = 0;
    if (enif_get_int64(env_, term, &value) == 0) {
      throw_invalid("integer out of range: " + place.text() + " does not fit 64 bits");
    }
    return ValueView(static_cast<std::int64_t>(value));
  }

  [[nodiscard]] ValueView real(Term term) const {
    double value = 0;
    enif_get_double(env_, term, &value);
    return {value};
  }

  [[nodiscard]] ValueView text_or_blob(Term term, const Place& place) const {
    const std::string_view bytes = inspect(term, place);
    return is_utf8(bytes) ? ValueView(bytes) : ValueView::blob(bytes);
  }

  [[nodiscard]] std::string_view inspect(Term term, const Place& place) const {
    ErlNifBinary binary;
    if (enif_inspect_binary(env_, term, &binary) == 0) unsupported(term, place);
    return {reinterpret_cast<const char*>(binary.data), binary.size};
  }

  [[nodiscard]] ValueView atom(Term term) const {
    if (term == atoms_.nil || term == atoms_.null || term == atoms_.nan) return {};
    if (term == atoms_.true_) return ValueView(1);
    if (term == atoms_.false_) return ValueView(0);
    if (term == atoms_.infinity) return {std::numeric_limits<double>::infinity()};
    if (term == atoms_.neg_infinity) return {-std::numeric_limits<double>::infinity()};
    return ValueView(kept(atom_text(env_, term).value_or("")));
  }

  // {:blob, binary} and {:text, binary}.
  [[nodiscard]] ValueView tagged(Term term, const Place& place) const {
    const Term* elements = nullptr;
    int arity = 0;
    if (enif_get_tuple(env_, term, &arity, &elements) == 0 || arity != 2) unsupported(term, place);
    if (elements[0] == atoms_.blob) return ValueView::blob(inspect(elements[1], place));
    if (elements[0] != atoms_.text) unsupported(term, place);
    const std::string_view text = inspect(elements[1], place);
    if (!is_utf8(text)) throw_bad_parameter(place, "is tagged as text but is not valid UTF-8");
    return {text};
  }

  [[nodiscard]] ValueView bytes_of_list(Term term, const Place& place) const {
    unsigned length = 0;
    if (enif_get_list_length(env_, term, &length) == 0) {
      throw_bad_parameter(place, "is an improper list");
    }
    Term binary = 0;
    unsigned char* data = enif_make_new_binary(env_, length, &binary);
    Term head = 0;
    for (Term rest = term; enif_get_list_cell(env_, rest, &head, &rest) != 0;) {
      unsigned byte = 0;
      if (enif_get_uint(env_, head, &byte) == 0 || byte > 0xFFU) {
        throw_bad_parameter(place, "is a list, but not of bytes; use JSON or {:blob, binary}");
      }
      *data++ = static_cast<unsigned char>(byte);
    }
    return ValueView::blob(inspect(binary, place));
  }

  [[noreturn]] void unsupported(Term term, const Place& place) const {
    throw_bad_parameter(place, std::string("cannot be ") + std::string(term_kind(env_, term)));
  }

  [[nodiscard]] std::string_view kept(std::string_view bytes) const {
    return inspect(make_binary(env_, bytes), {});
  }

  ErlNifEnv* env_;
  const Atoms& atoms_;
};

// Finds the values of named parameters in a map whose keys are atoms or strings, with or without
// the prefix.
class NamedParameters {
 public:
  NamedParameters(ErlNifEnv* env, Term map) noexcept : env_(env), map_(map) {}

  [[nodiscard]] bool find(std::string_view name, Term* value) const {
    const std::string_view bare = name.substr(1);
    return find_atom(bare, value) || find_binary(bare, value) || find_atom(name, value) ||
           find_binary(name, value);
  }

 private:
  [[nodiscard]] bool find_binary(std::string_view name, Term* value) const {
    return enif_get_map_value(env_, map_, make_binary(env_, name), value) != 0;
  }

  [[nodiscard]] bool find_atom(std::string_view name, Term* value) const {
    for (const char character : name) {
      if (static_cast<unsigned char>(character) >= 0x80U) return find_unicode_atom(name, value);
    }
    Term atom = 0;
    return enif_make_existing_atom_len(env_, name.data(), name.size(), &atom, ERL_NIF_LATIN1) !=
               0 &&
           enif_get_map_value(env_, map_, atom, value) != 0;
  }

  // OTP 25 has no function that makes such an atom from its text.
  [[nodiscard]] bool find_unicode_atom(std::string_view name, Term* value) const {
    ErlNifMapIterator iterator;
    if (enif_map_iterator_create(env_, map_, &iterator, ERL_NIF_MAP_ITERATOR_FIRST) == 0) {
      return false;
    }
    bool found = false;
    Term key = 0;
    while (!found && enif_map_iterator_get_pair(env_, &iterator, &key, value) != 0) {
      found = atom_text(env_, key) == name;
      enif_map_iterator_next(env_, &iterator);
    }
    enif_map_iterator_destroy(env_, &iterator);
    return found;
  }

  ErlNifEnv* env_;
  Term map_;
};

}  // namespace

bool TermParameters::by_name() const { return enif_is_map(env_, term_) != 0; }

std::size_t TermParameters::count(std::size_t most) {
  std::size_t count = 0;
  Term head = 0;
  for (Term rest = term_; count <= most; ++count) {
    if (enif_get_list_cell(env_, rest, &head, &rest) == 0) break;
  }
  return count;
}

std::span<const ValueView> TermParameters::values() {
  const Decoder decoder(env_, atoms_);
  views_.clear();
  Term head = 0;
  Term rest = term_;
  int index = 0;
  while (enif_get_list_cell(env_, rest, &head, &rest) != 0) {
    decoder.decode(head, {++index, {}}, views_.add());
  }
  if (enif_is_empty_list(env_, rest) == 0) throw_invalid("arguments must be a list or map");
  return views_.span();
}

bool TermParameters::find(std::string_view name, ValueView& value) {
  Term found = 0;
  if (!NamedParameters(env_, term_).find(name, &found)) return false;
  Decoder(env_, atoms_).decode(found, {0, name}, value);
  return true;
}

}  // namespace libsql::nif
