// What one load of this library owns; the VM keeps it as the module's private data.
#ifndef LIBSQL_NIF_STATE_H_
#define LIBSQL_NIF_STATE_H_

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>

#include <erl_nif.h>

#include "connection_resource.h"
#include "core/thread_pool.h"
#include "core/turns.h"
#include "events.h"
#include "job.h"
#include "keys.h"
#include "reaper.h"
#include "registry.h"
#include "resource.h"
#include "terms.h"
#include "ticket.h"
#include "tokens.h"

namespace libsql::nif {

struct Counts {
  std::atomic<std::int64_t> connections{0};
  std::atomic<std::int64_t> tickets{0};
};

// Shared by the VM (through the private data) and every object that outlives a call, because
// resources may be collected after the library's unload callback.
struct State {
  explicit State(ErlNifEnv* env) : atoms(env) {}

  // False if the VM refuses a resource type.
  [[nodiscard]] bool open_types(ErlNifEnv* env, ErlNifResourceFlags flags);

  const Atoms atoms;
  std::atomic<int> versions{0};  // of the Elixir module that use this; two during an upgrade
  std::atomic<bool> unloading{false};
  std::atomic<bool> opened{false};  // a connection, ever
  Counts counts;
  ResourceType<Handle> handles;
  ResourceType<ProcessMonitor> process_monitors;
  ResourceType<Ticket> tickets;
  ResourceType<Job> jobs;
  ResourceType<Subscription> subscriptions;
  ResourceType<KeyObject> keys;
  ResourceType<TokenRequest> token_requests;
  Registry registry;
  core::Turns turns{std::max(1U, std::thread::hardware_concurrency())};  // of long reads
  core::ThreadPool threads{core::ThreadPool::Options{}};
  Reaper reaper;  // Last: its jobs use the others.
};

[[nodiscard]] const std::shared_ptr<State>& state_of(ErlNifEnv* env) noexcept;

// The callbacks of the NIF entry.
int load(ErlNifEnv* env, void** private_data, ERL_NIF_TERM info);
int upgrade(ErlNifEnv* env, void** private_data, void** old_private_data, ERL_NIF_TERM info);
void unload(ErlNifEnv* env, void* private_data);

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_STATE_H_
