// Statement parameters: a list or a map of terms as the values that the library binds.
#ifndef LIBSQL_NIF_PARAMS_H_
#define LIBSQL_NIF_PARAMS_H_

#include <cstddef>
#include <span>
#include <string_view>

#include <erl_nif.h>

#include "inline_buffer.h"
#include "libsql/request.h"
#include "libsql/value.h"
#include "terms.h"

namespace libsql::nif {

// A list binds by position, a map by name: its keys are atoms or strings, with or without the
// prefix. Texts and blobs are not copied: they stay in the caller's binaries, or in binaries made
// in `env`. Errors of the calls: Error of the kind invalid_argument, which names the parameter.
class TermParameters final : public Parameters {
 public:
  TermParameters(ErlNifEnv* env, const Atoms& atoms) noexcept : env_(env), atoms_(atoms) {}
  TermParameters(ErlNifEnv* env, const Atoms& atoms, Term term) noexcept
      : env_(env), atoms_(atoms), term_(term) {}

  void set(Term term) noexcept { term_ = term; }
  [[nodiscard]] bool by_name() const override;
  [[nodiscard]] std::span<const ValueView> values() override;
  [[nodiscard]] std::size_t count(std::size_t most) override;
  [[nodiscard]] bool find(std::string_view name, ValueView& value) override;

 private:
  ErlNifEnv* env_;
  const Atoms& atoms_;
  Term term_ = 0;
  InlineBuffer<ValueView, 16> views_;
};

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_PARAMS_H_
