#include "params.h"

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>

#include "inline_buffer.h"

namespace libsql::nif {

namespace {

[[noreturn]] void throw_bad_parameter(int index, std::string_view problem) {
  throw_invalid("parameter " + std::to_string(index) + " " + std::string(problem));
}

// Turns one term into a view. Bytes that no binary of the caller holds are put into new binaries of
// `env`, which live as long as the call.
class Decoder {
 public:
  Decoder(ErlNifEnv* env, const Atoms& atoms) noexcept : env_(env), atoms_(atoms) {}

  // Sets `view` in place, because copying a ValueView right after its parts were stored stalls.
  void decode(Term term, int index, ValueView& view) const {
    switch (enif_term_type(env_, term)) {
      case ERL_NIF_TERM_TYPE_INTEGER:
        view = integer(term, index);
        break;
      case ERL_NIF_TERM_TYPE_BITSTRING:
        view = text_or_blob(term, index);
        break;
      case ERL_NIF_TERM_TYPE_ATOM:
        view = atom(term);
        break;
      case ERL_NIF_TERM_TYPE_FLOAT:
        view = real(term);
        break;
      case ERL_NIF_TERM_TYPE_TUPLE:
        view = tagged(term, index);
        break;
      case ERL_NIF_TERM_TYPE_LIST:
        view = bytes_of_list(term, index);
        break;
      default:
        unsupported(term, index);
    }
  }

 private:
  [[nodiscard]] ValueView integer(Term term, int index) const {
    ErlNifSInt64 value = 0;
    if (enif_get_int64(env_, term, &value) == 0) {
      throw_invalid("integer out of range: parameter " + std::to_string(index) +
                    " does not fit 64 bits");
    }
    return ValueView(static_cast<std::int64_t>(value));
  }

  [[nodiscard]] ValueView real(Term term) const {
    double value = 0;
    enif_get_double(env_, term, &value);
    return {value};
  }

  [[nodiscard]] ValueView text_or_blob(Term term, int index) const {
    const std::string_view bytes = inspect(term, index);
    return is_utf8(bytes) ? ValueView(bytes) : ValueView::blob(bytes);
  }

  [[nodiscard]] std::string_view inspect(Term term, int index) const {
    ErlNifBinary binary;
    if (enif_inspect_binary(env_, term, &binary) == 0) unsupported(term, index);
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
  [[nodiscard]] ValueView tagged(Term term, int index) const {
    const Term* elements = nullptr;
    int arity = 0;
    if (enif_get_tuple(env_, term, &arity, &elements) == 0 || arity != 2) unsupported(term, index);
    if (elements[0] == atoms_.blob) return ValueView::blob(inspect(elements[1], index));
    if (elements[0] != atoms_.text) unsupported(term, index);
    const std::string_view text = inspect(elements[1], index);
    if (!is_utf8(text)) throw_bad_parameter(index, "is tagged as text but is not valid UTF-8");
    return {text};
  }

  [[nodiscard]] ValueView bytes_of_list(Term term, int index) const {
    unsigned length = 0;
    if (enif_get_list_length(env_, term, &length) == 0) {
      throw_bad_parameter(index, "is an improper list");
    }
    Term binary = 0;
    unsigned char* data = enif_make_new_binary(env_, length, &binary);
    Term head = 0;
    for (Term rest = term; enif_get_list_cell(env_, rest, &head, &rest) != 0;) {
      unsigned byte = 0;
      if (enif_get_uint(env_, head, &byte) == 0 || byte > 0xFFU) {
        throw_bad_parameter(index, "is a list, but not of bytes; use JSON or {:blob, binary}");
      }
      *data++ = static_cast<unsigned char>(byte);
    }
    return ValueView::blob(inspect(binary, index));
  }

  [[noreturn]] void unsupported(Term term, int index) const {
    throw_bad_parameter(index, std::string("cannot be ") + std::string(term_kind(env_, term)));
  }

  [[nodiscard]] std::string_view kept(std::string_view bytes) const {
    return inspect(make_binary(env_, bytes), 0);
  }

  ErlNifEnv* env_;
  const Atoms& atoms_;
};

bool is_positional(std::string_view name) noexcept { return name.empty() || name[0] == '?'; }

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

std::string listed(const std::vector<std::string_view>& names) {
  std::string text;
  for (const std::string_view name : names) {
    text += (text.empty() ? ":" : ", :") + std::string(name.substr(1));
  }
  return text;
}

[[noreturn]] void throw_missing_parameters(const Statement& statement,
                                           const std::vector<std::string_view>& missing) {
  std::vector<std::string_view> all;
  for (int index = 1; index <= statement.parameter_count(); ++index) {
    all.push_back(statement.parameter_name(index));
  }
  throw Failure(
      Failure::Kind::missing_parameters,
      "Missing required parameters: " + listed(missing) + ". The SQL requires: " + listed(all));
}

[[noreturn]] void throw_wrong_count(ErlNifEnv* env, Term parameters, int expected) {
  unsigned given = 0;
  if (enif_get_list_length(env, parameters, &given) == 0) {
    throw_invalid("arguments must be a list or map");
  }
  throw_invalid("expected " + std::to_string(expected) +
                (expected == 1 ? " parameter, got " : " parameters, got ") + std::to_string(given));
}

using Views = InlineBuffer<ValueView, 16>;

void decode_list(const Decoder& decoder, ErlNifEnv* env, int expected, Term parameters,
                 Views& views) {
  Term head = 0;
  Term rest = parameters;
  int index = 0;
  while (enif_get_list_cell(env, rest, &head, &rest) != 0) {
    if (++index > expected) throw_wrong_count(env, parameters, expected);
    decoder.decode(head, index, views.add());
  }
  if (index != expected || enif_is_empty_list(env, rest) == 0) {
    throw_wrong_count(env, parameters, expected);
  }
}

void decode_map(const Decoder& decoder, ErlNifEnv* env, const Statement& statement, Term parameters,
                Views& views) {
  const NamedParameters named(env, parameters);
  std::vector<std::string_view> missing;
  const int expected = statement.parameter_count();
  for (int index = 1; index <= expected; ++index) {
    const std::string_view name = statement.parameter_name(index);
    if (is_positional(name)) {
      throw Failure(Failure::Kind::positional_parameters,
                    "Cannot use named parameter map with SQL that has positional parameters");
    }
    Term value = 0;
    if (!named.find(name, &value)) {
      missing.push_back(name);
    } else if (missing.empty()) {
      decoder.decode(value, index, views.add());
    }
  }
  if (!missing.empty()) throw_missing_parameters(statement, missing);
}

void decode_parameters(ErlNifEnv* env, const Atoms& atoms, const Statement& statement,
                       Term parameters, Views& views) {
  const Decoder decoder(env, atoms);
  if (enif_is_map(env, parameters) != 0) {
    decode_map(decoder, env, statement, parameters, views);
  } else {
    decode_list(decoder, env, statement.parameter_count(), parameters, views);
  }
}

}  // namespace

Bound bind_parameters(ErlNifEnv* env, const Atoms& atoms, Statement& statement, Term parameters) {
  Views views;
  decode_parameters(env, atoms, statement, parameters, views);
  statement.bind_all(views.span());
  Bound bound;
  for (const ValueView& view : views.span()) {
    bound.bytes += view.bytes().size();
    if (view.type() == ValueType::text || view.type() == ValueType::blob) bound.borrowed = true;
  }
  return bound;
}

std::vector<Value> parameter_values(ErlNifEnv* env, const Atoms& atoms, const Statement& statement,
                                    Term parameters) {
  Views views;
  decode_parameters(env, atoms, statement, parameters, views);
  std::vector<Value> values;
  for (const ValueView& view : views.span()) values.push_back(view.to_value());
  return values;
}

BindingScope::~BindingScope() {
  try {
    if (!finished_) statement_.reset();
    if (borrowed_ && bindings_ == Bindings::cleared) statement_.clear_bindings();
  } catch (...) {
    // Closed meanwhile: there are no bindings left.
  }
}

}  // namespace libsql::nif
