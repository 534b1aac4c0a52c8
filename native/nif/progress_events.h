// Messages about a replica's syncs and about builds of indexes on vectors.
#ifndef LIBSQL_NIF_PROGRESS_EVENTS_H_
#define LIBSQL_NIF_PROGRESS_EVENTS_H_

#include <memory>
#include <string_view>
#include <vector>

#include <erl_nif.h>

#include "libsql/replica.h"
#include "libsql/vector_build.h"
#include "terms.h"

namespace libsql::nif {

struct State;

// A list of {name, receiver, database}: see SyncObserver for the name. The receiver is a pid or the
// name of a process, which need not be there; it gets {:ecto_libsql, :sync, event}, see
// EctoLibSql.Options. Errors: invalid_argument, with `what`.
[[nodiscard]] std::vector<SyncObserver> sync_observers_of(ErlNifEnv* env,
                                                          const std::shared_ptr<State>& state,
                                                          Term value, std::string_view what);

// A list of {receiver, database}. The receiver gets {:ecto_libsql, :vector_build, event}, see
// EctoLibSql.Options. Errors: invalid_argument, with `what`.
[[nodiscard]] VectorBuildObserver vector_build_observer_of(ErlNifEnv* env,
                                                           const std::shared_ptr<State>& state,
                                                           Term value, std::string_view what);

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_PROGRESS_EVENTS_H_
