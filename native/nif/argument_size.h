// Whether the arguments of a call are too large for a normal scheduler, which must be free again
// after a millisecond. Looks at a bounded number of elements.
#ifndef LIBSQL_NIF_ARGUMENT_SIZE_H_
#define LIBSQL_NIF_ARGUMENT_SIZE_H_

#include <span>

#include <erl_nif.h>

namespace libsql::nif {

// Copying the terms into another environment: long binaries are shared, not copied.
[[nodiscard]] bool take_long_to_copy(ErlNifEnv* env,
                                     std::span<const ERL_NIF_TERM> arguments) noexcept;

// Encoding them for a server: long binaries count, too.
[[nodiscard]] bool take_long_to_encode(ErlNifEnv* env,
                                       std::span<const ERL_NIF_TERM> arguments) noexcept;

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_ARGUMENT_SIZE_H_
