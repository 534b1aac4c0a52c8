// Sends messages from any thread: enif_send() must know whether that is a scheduler in a NIF call.
#ifndef LIBSQL_NIF_MESSAGES_H_
#define LIBSQL_NIF_MESSAGES_H_

#include <utility>

#include <erl_nif.h>

namespace libsql::nif {

// Records, for the current thread, the environment of the NIF call. Library callbacks that send
// messages may run within any NIF call, and enif_send() must then be given its environment.
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
  Message(Message&& other) noexcept : env_(std::exchange(other.env_, nullptr)) {}
  Message& operator=(Message&&) = delete;
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;
  ~Message() { free(); }

  [[nodiscard]] ErlNifEnv* env() const noexcept { return env_; }

  // Sends the term, unless the receiver is dead. Afterwards the environment is empty.
  static void send(const Message& message, const ErlNifPid& to, ERL_NIF_TERM term) noexcept;
  // Frees the environment before the end of this object's life.
  void free() noexcept {
    if (env_ != nullptr) enif_free_env(std::exchange(env_, nullptr));
  }

 private:
  ErlNifEnv* env_;
};

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_MESSAGES_H_
