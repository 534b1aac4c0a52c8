#include "params.h"

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>

namespace libsql::nif {

namespace {

[[noreturn]] void refuse_parameter(int index, std::string_view problem) {
  refuse("parameter " + std::to_string(index) + " " + std::string(problem));
}

// Turns one term into a view. Bytes that no binary of the caller holds are put into new binaries of
// `env`, which live as long as the call.
class Decoder {
 public:
  Decoder(ErlNifEnv* env, const Atoms& atoms) noexcept : env_(env), atoms_(atoms) {}

  [[nodiscard]] ValueView decode(Term term, int index) const {
    switch (enif_term_type(env_, term)) {
      case ERL_NIF_TERM_TYPE_INTEGER:
        return integer(term, index);
      case ERL_NIF_TERM_TYPE_BITSTRING:
        return text_or_blob(term, index);
      case ERL_NIF_TERM_TYPE_ATOM:
        return atom(term);
      case ERL_NIF_TERM_TYPE_FLOAT:
        return real(term);
      case ERL_NIF_TERM_TYPE_TUPLE:
        return tagged(term, index);
      case ERL_NIF_TERM_TYPE_LIST:
        return bytes_of_list(term, index);
      default:
        return unsupported(term, index);
    }
  }

 private:
  [[nodiscard]] ValueView integer(Term term, int index) const {
    ErlNifSInt64 value = 0;
    if (enif_get_int64(env_, term, &value) == 0) {
      refuse("integer out of range: parameter " + std::to_string(index) + " does not fit 64 bits");
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
    if (!is_utf8(text)) refuse_parameter(index, "is tagged as text but is not valid UTF-8");
    return {text};
  }

  [[nodiscard]] ValueView bytes_of_list(Term term, int index) const {
    unsigned length = 0;
    if (enif_get_list_length(env_, term, &length) == 0) {
      refuse_parameter(index, "is an improper list");
    }
    Term binary = 0;
    unsigned char* data = enif_make_new_binary(env_, length, &binary);
    Term head = 0;
    for (Term rest = term; enif_get_list_cell(env_, rest, &head, &rest) != 0;) {
      unsigned byte = 0;
      if (enif_get_uint(env_, head, &byte) == 0 || byte > 0xFFU) {
        refuse_parameter(index, "is a list, but not of bytes; use JSON or {:blob, binary}");
      }
      *data++ = static_cast<unsigned char>(byte);
    }
    return ValueView::blob(inspect(binary, index));
  }

  [[noreturn]] ValueView unsupported(Term term, int index) const {
    refuse_parameter(index, std::string("cannot be ") + std::string(term_kind(env_, term)));
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

  // There is no call in OTP 25 that makes such an atom from its text.
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

[[noreturn]] void refuse_missing(const Statement& statement,
                                 const std::vector<std::string_view>& missing) {
  std::vector<std::string_view> all;
  for (int index = 1; index <= statement.parameter_count(); ++index) {
    all.push_back(statement.parameter_name(index));
  }
  throw Failure(
      Failure::Kind::missing_parameters,
      "Missing required parameters: " + listed(missing) + ". The SQL requires: " + listed(all));
}

[[noreturn]] void refuse_count(ErlNifEnv* env, Term parameters, int expected) {
  unsigned given = 0;
  if (enif_get_list_length(env, parameters, &given) == 0) {
    refuse("arguments must be a list or map");
  }
  refuse("expected " + std::to_string(expected) +
         (expected == 1 ? " parameter, got " : " parameters, got ") + std::to_string(given));
}

// Calls sink(index, view) for each parameter of a list.
template <typename Sink>
void each_positional(ErlNifEnv* env, const Atoms& atoms, const Statement& statement,
                     Term parameters, Sink sink) {
  const int expected = statement.parameter_count();
  const Decoder decoder(env, atoms);
  Term head = 0;
  Term rest = parameters;
  int index = 0;
  while (enif_get_list_cell(env, rest, &head, &rest) != 0) {
    if (++index > expected) refuse_count(env, parameters, expected);
    sink(index, decoder.decode(head, index));
  }
  if (index != expected || enif_is_empty_list(env, rest) == 0) {
    refuse_count(env, parameters, expected);
  }
}

template <typename Sink>
void each_named(ErlNifEnv* env, const Atoms& atoms, const Statement& statement, Term parameters,
                Sink sink) {
  const Decoder decoder(env, atoms);
  const NamedParameters named(env, parameters);
  std::vector<std::string_view> missing;
  for (int index = 1; index <= statement.parameter_count(); ++index) {
    const std::string_view name = statement.parameter_name(index);
    if (is_positional(name)) {
      throw Failure(Failure::Kind::positional_parameters,
                    "Cannot use named parameter map with SQL that has positional parameters");
    }
    Term value = 0;
    if (!named.find(name, &value)) {
      missing.push_back(name);
    } else if (missing.empty()) {
      sink(index, decoder.decode(value, index));
    }
  }
  if (!missing.empty()) refuse_missing(statement, missing);
}

template <typename Sink>
void each_parameter(ErlNifEnv* env, const Atoms& atoms, const Statement& statement, Term parameters,
                    Sink sink) {
  if (enif_is_map(env, parameters) != 0) {
    each_named(env, atoms, statement, parameters, sink);
  } else {
    each_positional(env, atoms, statement, parameters, sink);
  }
}

}  // namespace

Bound bind_parameters(ErlNifEnv* env, const Atoms& atoms, Statement& statement, Term parameters) {
  Bound bound;
  each_parameter(env, atoms, statement, parameters, [&](int index, const ValueView& view) {
    statement.bind(index, view);
    if (view.type() == ValueType::text || view.type() == ValueType::blob) {
      bound.bytes += view.bytes().size();
      bound.borrowed = true;
    }
  });
  return bound;
}

std::vector<Value> parameter_values(ErlNifEnv* env, const Atoms& atoms, const Statement& statement,
                                    Term parameters) {
  std::vector<Value> values;
  each_parameter(env, atoms, statement, parameters,
                 [&](int, const ValueView& view) { values.push_back(view.to_value()); });
  return values;
}

BindingScope::~BindingScope() {
  try {
    if (!finished_) statement_.reset();
    if (borrowed_ && bindings_ == Bindings::cleared) statement_.clear_bindings();
  } catch (...) {
    // Closed in the meantime: there is no statement left that could point anywhere.
  }
}

}  // namespace libsql::nif
