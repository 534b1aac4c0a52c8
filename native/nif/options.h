// The options of open/2: from a map of terms to libsql::Options.
#ifndef LIBSQL_NIF_OPTIONS_H_
#define LIBSQL_NIF_OPTIONS_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <erl_nif.h>

#include "libsql/database.h"
#include "libsql/options.h"
#include "libsql/remote_options.h"
#include "libsql/replica.h"
#include "terms.h"

namespace libsql::nif {

struct State;

struct OpenRequest {
  std::string location;
  Options options;  // of a local database
  bool is_remote = false;
  RemoteOptions remote;
  // A replica: `location` is its file.
  std::optional<std::string> primary;
  bool sync_after_writes = true;
  std::optional<bool> read_your_writes;
  std::optional<std::chrono::milliseconds> sync_interval;
  InitialSync initial_sync = InitialSync::blocking;
  std::vector<SyncObserver> sync_observers;
  // Of the process.
  std::optional<MemoryLimits> memory;
  std::optional<int> max_threads;

  [[nodiscard]] MemoryLimits& memory_limits() { return memory ? *memory : memory.emplace(); }
};

// Errors: Error of the kind invalid_argument that names the option; never its value.
[[nodiscard]] OpenRequest open_request(ErlNifEnv* env, const std::shared_ptr<State>& state,
                                       Term location, Term options);

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_OPTIONS_H_
