// Sending messages from any thread: what the VM wants to know depends on who is sending.
#ifndef LIBSQL_NIF_MESSAGES_H_
#define LIBSQL_NIF_MESSAGES_H_

#include <erl_nif.h>

namespace libsql::nif {

// Says, for the current thread, which environment the VM called us with. Library callbacks that
// send messages may run in the middle of any NIF call; enif_send() must then be given its env.
class EnvScope {
 public:
  explicit EnvScope(ErlNifEnv* env) noexcept;
  EnvScope(const EnvScope&) = delete;
  EnvScope& operator=(const EnvScope&) = delete;
  ~EnvScope();

 private:
  ErlNifEnv* previous_;
};

// An environment of its own, for one message. Build the term in env(), then send() it.
class Message {
 public:
  Message() noexcept : env_(enif_alloc_env()) {}
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;
  ~Message() { enif_free_env(env_); }

  [[nodiscard]] ErlNifEnv* env() const noexcept { return env_; }
  // False if the process is dead. The message's terms are gone afterwards.
  bool send(const ErlNifPid& to, ERL_NIF_TERM term) noexcept;

 private:
  ErlNifEnv* env_;
};

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_MESSAGES_H_
