// Tokens of servers that an Elixir process is asked for, before each request.
#ifndef LIBSQL_NIF_TOKENS_H_
#define LIBSQL_NIF_TOKENS_H_

#include <memory>
#include <utility>

#include <erl_nif.h>

#include "libsql/remote_options.h"
#include "terms.h"

namespace libsql::nif {

struct State;

// The resource in {:ecto_libsql_token, request}, which give_token() answers. If the process is
// dead, or drops the message, the request fails as unauthorised when the resource goes.
class TokenRequest {
 public:
  explicit TokenRequest(TokenAnswer answer) noexcept : answer_(std::move(answer)) {}
  [[nodiscard]] const TokenAnswer& answer() const noexcept { return answer_; }

 private:
  const TokenAnswer answer_;
};

// A reference of new_key/1, or the pid of the process to ask, which gets {:ecto_libsql_token,
// :done} when nobody will ask it any more. Errors: invalid_argument.
void read_token(ErlNifEnv* env, const std::shared_ptr<State>& state, Term term,
                RemoteOptions& options);

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_TOKENS_H_
