// Statement parameters: from a list or a map of terms to bound values.
#ifndef LIBSQL_NIF_PARAMS_H_
#define LIBSQL_NIF_PARAMS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include <erl_nif.h>

#include "libsql/statement.h"
#include "libsql/value.h"
#include "terms.h"

namespace libsql::nif {

// What was bound.
struct Bound {
  std::size_t bytes = 0;  // of texts and blobs
  bool borrowed = false;  // the statement points into terms of the calling process
};

// Binds every parameter of `statement` from a list (by position) or a map (by name). Texts and
// blobs are not copied: they stay in the caller's binaries, or in binaries made in `env`, and the
// statement's bindings must be cleared before the call ends.
// Errors: Failure of each parameter kind (see EctoLibSql.Nif.execute/4).
Bound bind_parameters(ErlNifEnv* env, const Atoms& atoms, Statement& statement, Term parameters);

// The same as owned values, for a cursor.
[[nodiscard]] std::vector<Value> parameter_values(ErlNifEnv* env, const Atoms& atoms,
                                                  const Statement& statement, Term parameters);

// Whether a statement's bindings are cleared after it was run.
enum class Bindings : std::uint8_t { cleared, left };

// Ends an execution, however its scope ends, and clears bindings that point into terms.
class BindingScope {
 public:
  BindingScope(Statement& statement, Bindings bindings) noexcept
      : statement_(statement), bindings_(bindings) {}
  BindingScope(const BindingScope&) = delete;
  BindingScope& operator=(const BindingScope&) = delete;
  ~BindingScope();

  void bound(const Bound& bound) noexcept { borrowed_ = bound.borrowed; }
  // The execution has ended; it need not be reset.
  void finished() noexcept { finished_ = true; }

 private:
  Statement& statement_;
  const Bindings bindings_;
  bool borrowed_ = true;  // Until bound() reports it.
  bool finished_ = false;
};

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_PARAMS_H_
