// Replicas: syncs, how a replica stands, and its end.
#include "libsql/replica.h"

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "executor.h"
#include "operations.h"

namespace libsql::nif {

namespace {

// A sync that has no timeout ends when the primary is silent.
constexpr std::chrono::hours kLongest{24};

Term optional_number(Call& call, std::optional<std::uint64_t> number) {
  return number ? enif_make_uint64(call.env(), *number) : call.atoms().nil;
}

// In milliseconds since 1970.
Term optional_time(Call& call, std::optional<std::chrono::system_clock::time_point> time) {
  if (!time) return call.atoms().nil;
  const auto since =
      std::chrono::duration_cast<std::chrono::milliseconds>(time->time_since_epoch());
  return enif_make_int64(call.env(), since.count());
}

Term map_of(ErlNifEnv* env, const std::vector<std::pair<const char*, Term>>& entries) {
  Term map = enif_make_new_map(env);
  for (const auto& [name, value] : entries) {
    enif_make_map_put(env, map, make_atom(env, name), value, &map);
  }
  return map;
}

}  // namespace

Term sync(Call& call) {
  SyncRequest request;
  if (call.argument(1) != call.atoms().nil) {
    const std::int64_t frame = integer_of(call.env(), call.argument(1), "the frame");
    if (frame < 0) throw_invalid("the frame must not be negative");
    request.frame = static_cast<std::uint64_t>(frame);
  }
  const std::int64_t timeout = integer_of(call.env(), call.argument(2), "timeout");
  call.set_timeout(timeout);
  return with_connection(call, [&](LockedConnection& locked) -> Term {
    request.timeout = kLongest;
    if (const auto deadline = call.deadline()) {
      request.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(
          *deadline - std::chrono::steady_clock::now());
    }
    request.cancelled = [&] { return locked.is_cancelled(); };
    const SyncReport report = locked.connection().sync(request);
    return call.ok(map_of(locked.env(),
                          {{"pages", enif_make_uint64(locked.env(), report.pages)},
                           {"bytes", enif_make_uint64(locked.env(), report.bytes)},
                           {"duration_us", enif_make_int64(locked.env(), report.duration.count())},
                           {"frame", optional_number(call, report.frame)}}));
  });
}

Term replica_status(Call& call) {
  return with_connection(call, [&](LockedConnection& locked) -> Term {
    const ReplicaStatus status = locked.connection().replica_status();
    ErlNifEnv* const env = locked.env();
    const Atoms& atoms = call.atoms();
    return call.ok(map_of(
        env, {{"primary", make_binary(env, status.primary)},
              {"protocol", make_binary(env, status.protocol)},
              {"history", make_binary(env, status.history)},
              {"revision", make_binary(env, status.revision)},
              {"frame", optional_number(call, status.frame)},
              {"written_frame", enif_make_uint64(env, status.written_frame)},
              {"behind", status.behind ? atoms.true_ : atoms.false_},
              {"synced_at", optional_time(call, status.synced_at)},
              {"offline_since", optional_time(call, status.offline_since)},
              {"error", status.error ? make_binary(env, status.error->message()) : atoms.nil},
              {"syncs", enif_make_uint64(env, status.syncs)},
              {"pages", enif_make_uint64(env, status.pages)},
              {"bytes", enif_make_uint64(env, status.bytes)}}));
  });
}

Term freeze(Call& call) {
  return with_connection_ok(call, [](LockedConnection& locked) { locked.connection().freeze(); });
}

}  // namespace libsql::nif
