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
    add_own(term);
    if (depth == 0) return;
    int arity = 0;
    const ERL_NIF_TERM* elements = nullptr;
    if (enif_get_tuple(env_, term, &arity, &elements) != 0) {
      for (int index = 0; index < arity; ++index) add(elements[index], depth - 1);
      return;
    }
    ERL_NIF_TERM head = 0;
    while (!is_large() && enif_get_list_cell(env_, term, &head, &term) != 0) add(head, depth - 1);
  }

  [[nodiscard]] bool is_large() const noexcept { return elements_ > kMostElements; }

 private:
  void add_own(ERL_NIF_TERM term) noexcept {
    ++elements_;
    std::size_t entries = 0;
    if (enif_get_map_size(env_, term, &entries) != 0) elements_ += 2 * entries;
    ErlNifBinary binary;
    if (with_bytes_ && enif_inspect_binary(env_, term, &binary) != 0)
      elements_ += binary.size / kBytesOfElement;
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
