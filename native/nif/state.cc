#include "state.h"

#include <dlfcn.h>

#include "libsql/database.h"

namespace libsql::nif {

namespace {

constexpr std::chrono::seconds kUnloadPatience{1};

// The private data of a loaded version of the module; all versions share the State.
struct Loaded {
  const void* image;  // identifies the copy of this library in memory
  std::shared_ptr<State> state;
};

// Its address identifies this copy of the library in memory.
const char kImage = 0;

// Keeps this library mapped even when the module that loaded it is purged.
bool stay_in_memory() noexcept {
  Dl_info info{};
  if (dladdr(&kImage, &info) == 0 || info.dli_fname == nullptr) return false;
  return dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE) != nullptr;
}

int install(void** private_data, std::shared_ptr<State> state) {
  ++state->versions;
  *private_data = std::make_unique<Loaded>(Loaded{&kImage, std::move(state)}).release();
  return 0;
}

}  // namespace

bool State::open_types(ErlNifEnv* env, ErlNifResourceFlags flags) {
  return handles.open(env, "ecto_libsql_connection", flags) &&
         process_monitors.open(env, "ecto_libsql_process_monitor", flags) &&
         tickets.open(env, "ecto_libsql_ticket", flags) &&
         jobs.open(env, "ecto_libsql_job", flags) &&
         subscriptions.open(env, "ecto_libsql_subscription", flags) &&
         keys.open(env, "ecto_libsql_key", flags) &&
         token_requests.open(env, "ecto_libsql_token_request", flags);
}

const std::shared_ptr<State>& state_of(ErlNifEnv* env) noexcept {
  return static_cast<const Loaded*>(enif_priv_data(env))->state;
}

int load(ErlNifEnv* env, void** private_data, ERL_NIF_TERM /*info*/) {
  // SQLite keeps pointers to these functions, so they are used only if the library stays in memory.
  if (stay_in_memory()) {
    static_cast<void>(use_spinning_mutexes());
    static_cast<void>(free_large_blocks_in_portions());
    static_cast<void>(prefetch_vector_scans());
  }
  try {
    auto state = std::make_shared<State>(env);
    const auto flags = static_cast<ErlNifResourceFlags>(ERL_NIF_RT_CREATE | ERL_NIF_RT_TAKEOVER);
    if (!state->open_types(env, flags)) return 1;
    return install(private_data, std::move(state));
  } catch (...) {
    return 1;
  }
}

// A new version of the Elixir module over the same shared object (a recompiled stub module) shares
// the State. Another copy of the shared object is refused: live connections consist of the old
// one's code, and the VM would unload it under them. The old module stays in use; restart the node.
int upgrade(ErlNifEnv* env, void** private_data, void** old_private_data, ERL_NIF_TERM /*info*/) {
  const auto* old = static_cast<const Loaded*>(*old_private_data);
  if (old == nullptr || old->image != &kImage) return 1;
  try {
    if (!old->state->open_types(env, ERL_NIF_RT_TAKEOVER)) return 1;
    return install(private_data, old->state);
  } catch (...) {
    return 1;
  }
}

void unload(ErlNifEnv* /*env*/, void* private_data) {
  const std::unique_ptr<Loaded> loaded(static_cast<Loaded*>(private_data));
  // After an upgrade the other version still uses the State.
  if (loaded->state->versions.fetch_sub(1) > 1) return;
  // Long statements stop at their next look at it. One that cannot be stopped keeps its thread,
  // which is detached, and the State: the code stays mapped (stay_in_memory()).
  loaded->state->unloading = true;
  loaded->state->registry.drop_all_owners();
  loaded->state->threads.stop(kUnloadPatience);
  loaded->state->reaper.stop();
}

}  // namespace libsql::nif
