#include "messages.h"

namespace libsql::nif {

namespace {
// The one piece of global state of this library; null on threads of our own.
thread_local ErlNifEnv* current_env = nullptr;
}  // namespace

EnvScope::EnvScope(ErlNifEnv* env) noexcept : previous_(current_env) { current_env = env; }

EnvScope::~EnvScope() { current_env = previous_; }

void Message::send(const Message& message, const ErlNifPid& to, ERL_NIF_TERM term) noexcept {
  static_cast<void>(enif_send(current_env, &to, message.env_, term));
}

}  // namespace libsql::nif
