// Sends messages from any thread: enif_send() must know whether that is a scheduler in a NIF call.
#ifndef LIBSQL_NIF_MESSAGES_H_
#define LIBSQL_NIF_MESSAGES_H_

#include <utility>

#include <erl_nif.h>

#include "reaper.h"

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

// An environment of its own, for one message. Build the term in env(), then deliver() it.
class Message {
 public:
  Message() noexcept : env_(enif_alloc_env()) {}
  Message(Message&& other) noexcept : env_(std::exchange(other.env_, nullptr)) {}
  Message& operator=(Message&&) = delete;
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;
  ~Message() {
    if (env_ != nullptr) enif_free_env(env_);
  }

  [[nodiscard]] ErlNifEnv* env() const noexcept { return env_; }

  // Sends the term, unless the receiver is dead. For a process that was killed while it runs on a
  // dirty scheduler the VM sends nothing; then the reaper's thread sends it.
  static void deliver(Message message, const ErlNifPid& to, ERL_NIF_TERM term,
                      Reaper& reaper) noexcept;

 private:
  ErlNifEnv* env_;
};

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_MESSAGES_H_
