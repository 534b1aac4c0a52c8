#include "messages.h"

#include <memory>

namespace libsql::nif {

namespace {
// The one piece of global state of this library; null on threads of our own.
thread_local ErlNifEnv* current_env = nullptr;
}  // namespace

EnvScope::EnvScope(ErlNifEnv* env) noexcept : previous_(current_env) { current_env = env; }

EnvScope::~EnvScope() { current_env = previous_; }

void Message::deliver(Message message, const ErlNifPid& to, ERL_NIF_TERM term,
                      Reaper& reaper) noexcept {
  if (enif_send(current_env, &to, message.env_, term) != 0) return;
  if (current_env == nullptr || enif_is_current_process_alive(current_env) != 0) return;
  const auto kept = std::make_shared<Message>(std::move(message));
  reaper.post([kept, to, term] { enif_send(current_env, &to, kept->env(), term); });
}

}  // namespace libsql::nif
