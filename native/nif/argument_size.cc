#include "argument_size.h"

#include <algorithm>
#include <cstddef>

namespace libsql::nif {

namespace {

// List cells and map entries.
constexpr std::size_t kMostElements = 4000;
// The bytes of binaries that are encoded in the time of one element.
constexpr std::size_t kBytesOfElement = 64;

class Size {
 public:
  Size(ErlNifEnv* env, bool with_bytes) noexcept : env_(env), with_bytes_(with_bytes) {}

  // With the elements of lists, maps and tuples within it.
  // NOLINTNEXTLINE(misc-no-recursion): the depth is bounded
  void add(ERL_NIF_TERM term, int depth) noexcept {
    if (is_large()) return;
    ++elements_;
    switch (enif_term_type(env_, term)) {
      case ERL_NIF_TERM_TYPE_TUPLE:
        if (depth > 0) add_tuple(term, depth - 1);
        break;
      case ERL_NIF_TERM_TYPE_LIST:
        if (depth > 0) add_list(term, depth - 1);
        break;
      case ERL_NIF_TERM_TYPE_MAP:
        add_map(term);
        break;
      case ERL_NIF_TERM_TYPE_BITSTRING:
        if (with_bytes_) add_bytes(term);
        break;
      default:
        break;
    }
  }

  [[nodiscard]] bool is_large() const noexcept { return elements_ > kMostElements; }

 private:
  // NOLINTNEXTLINE(misc-no-recursion): the depth is bounded
  void add_tuple(ERL_NIF_TERM term, int depth) noexcept {
    int arity = 0;
    const ERL_NIF_TERM* elements = nullptr;
    if (enif_get_tuple(env_, term, &arity, &elements) == 0) return;
    for (int index = 0; index < arity; ++index) add(elements[index], depth);
  }
  // NOLINTNEXTLINE(misc-no-recursion): the depth is bounded
  void add_list(ERL_NIF_TERM term, int depth) noexcept {
    ERL_NIF_TERM head = 0;
    while (!is_large() && enif_get_list_cell(env_, term, &head, &term) != 0) add(head, depth);
  }
  void add_map(ERL_NIF_TERM term) noexcept {
    std::size_t entries = 0;
    if (enif_get_map_size(env_, term, &entries) != 0) elements_ += 2 * entries;
  }
  void add_bytes(ERL_NIF_TERM term) noexcept {
    ErlNifBinary binary;
    if (enif_inspect_binary(env_, term, &binary) != 0) elements_ += binary.size / kBytesOfElement;
  }

  ErlNifEnv* env_;
  bool with_bytes_;
  std::size_t elements_ = 0;
};

bool are_large(Size size, std::span<const ERL_NIF_TERM> arguments) noexcept {
  constexpr int kDepth = 4;  // a list of {sql, [{:blob, bytes}]}
  for (const ERL_NIF_TERM argument : arguments) size.add(argument, kDepth);
  return size.is_large();
}

}  // namespace

bool take_long_to_copy(ErlNifEnv* env, std::span<const ERL_NIF_TERM> arguments) noexcept {
  return are_large(Size(env, false), arguments);
}

bool take_long_to_encode(ErlNifEnv* env, std::span<const ERL_NIF_TERM> arguments) noexcept {
  return are_large(Size(env, true), arguments);
}

}  // namespace libsql::nif
