#include "messages.h"

namespace libsql::nif {

namespace {
// The one piece of global state of this library; null on threads of our own.
thread_local ErlNifEnv* current_env = nullptr;
}  // namespace

EnvScope::EnvScope(ErlNifEnv* env) noexcept : previous_(current_env) { current_env = env; }

EnvScope::~EnvScope() { current_env = previous_; }

bool Message::send(const ErlNifPid& to, ERL_NIF_TERM term) noexcept {
  return enif_send(current_env, &to, env_, term) != 0;
}

}  // namespace libsql::nif
