// Opens, closes and interrupts connections, and returns facts about them.
#include <limits>

#include "executor.h"
#include "libsql/database.h"
#include "operations.h"
#include "options.h"

namespace libsql::nif {

namespace {

Database database_of(OpenRequest& request) {
  if (request.is_remote) return Database::remote(request.location, request.remote);
  if (!request.primary) return Database(std::move(request.location), std::move(request.options));
  ReplicaOptions options;
  options.local = std::move(request.options);
  options.remote = std::move(request.remote);
  options.sync_after_writes = request.sync_after_writes;
  options.read_your_writes = request.read_your_writes;
  options.sync_interval = request.sync_interval;
  options.initial_sync = request.initial_sync;
  options.sync_observers = std::move(request.sync_observers);
  return Database::replica(request.location, *request.primary, options);
}

}  // namespace

Term open_connection(Call& call) {
  ErlNifEnv* env = call.env();
  OpenRequest request = open_request(env, call.state(), call.argument(0), call.argument(1));
  if (request.max_threads) {
    call.state()->threads.set_most_threads(static_cast<std::size_t>(*request.max_threads));
  }
  // The first connection decides for the process, also if it names no limits.
  if (!call.state()->opened.exchange(true) || request.memory) {
    limit_memory(request.memory.value_or(MemoryLimits{}));
  }
  const ConnectionPtr opened =
      ConnectionObject::open(call.state(), call.self(), database_of(request).connect());
  const auto handle = call.state()->handles.make(opened);
  return call.ok(make_tuple(env, make_binary(env, opened->id()), handle.term(env)));
}

// Interrupts the running statement at once, and does not wait for the jobs before it.
Term close_connection(Call& call) {
  if (call.is_inline()) {
    call.connection(0)->interrupt();
    return call.leave_scheduler(nullptr);
  }
  if (!call.connection(0)->close()) {
    throw Failure::not_found(IdKind::connection);
  }
  return call.atoms().ok;
}

Term ping(Call& call) {
  static_cast<void>(call.connection(0));
  return call.atoms().ok;
}

Term interrupt(Call& call) {
  call.connection(0)->interrupt();
  return call.atoms().ok;
}

Term reset_connection(Call& call) {
  Reply reply(call.env(), call.atoms());
  return run_request(call, request::Reset{}, reply);
}

Term cancel_write(Call& call) {
  Ticket* ticket = call.state()->tickets.get(call.env(), call.argument(0));
  if (ticket == nullptr) throw_invalid("expected a ticket");
  ticket->leave_table();
  switch (ticket->cancel(Ticket::Notify::nobody)) {
    case WriteTicket::State::waiting:
      return call.atoms().waiting;
    case WriteTicket::State::granted:
      return call.atoms().granted;
    case WriteTicket::State::cancelled:
      return call.atoms().cancelled;
  }
  return call.atoms().cancelled;
}

Term run_job(Call& call) {
  Job* job = call.state()->jobs.get(call.env(), call.argument(0));
  if (job == nullptr) throw_invalid("expected a job");
  job->start(call.argument(1), integer_of(call.env(), call.argument(2), "timeout"));
  return call.atoms().ok;
}

Term cancel_job(Call& call) {
  Job* job = call.state()->jobs.get(call.env(), call.argument(0));
  if (job == nullptr) throw_invalid("expected a job");
  switch (job->cancel()) {
    case Job::Cancelled::cancelled:
      return call.atoms().cancelled;
    case Job::Cancelled::running:
      return call.atoms().running;
    case Job::Cancelled::answered:
      return call.atoms().answered;
  }
  return call.atoms().running;
}

Term busy_timeout(Call& call) {
  return call.ok(enif_make_int64(call.env(), call.connection(0)->busy_timeout()));
}

Term set_busy_timeout(Call& call) {
  const std::int64_t timeout = integer_of(call.env(), call.argument(1), "the busy timeout");
  if (timeout < 0 || timeout > std::numeric_limits<std::int32_t>::max()) {
    throw_invalid("the busy timeout must be between 0 and 2147483647 milliseconds");
  }
  return with_connection_ok(call, [&](LockedConnection& locked) {
    locked.connection().set_busy_timeout(std::chrono::milliseconds(timeout));
  });
}

Term info(Call& call) {
  enum class Fact : std::uint8_t { last_insert_rowid, changes, total_changes, protocol_version };
  const Atoms& atoms = call.atoms();
  const AtomValue<Fact> choices[] = {{atoms.last_insert_rowid, Fact::last_insert_rowid},
                                     {atoms.changes, Fact::changes},
                                     {atoms.total_changes, Fact::total_changes},
                                     {atoms.protocol_version, Fact::protocol_version}};
  const Fact fact = choice_of(call.argument(1), choices,
                              ":last_insert_rowid, :changes, :total_changes, :protocol_version");
  return with_connection(call, [&](LockedConnection& locked) -> Term {
    const auto answer = [&](std::int64_t value) {
      return call.ok(enif_make_int64(locked.env(), value));
    };
    const Connection& connection = locked.connection();
    switch (fact) {
      case Fact::last_insert_rowid:
        return answer(connection.last_insert_rowid());
      case Fact::changes:
        return answer(connection.changes());
      case Fact::total_changes:
        return answer(connection.total_changes());
      case Fact::protocol_version: {
        const std::optional<int> version = connection.protocol_version();
        return version ? answer(*version) : call.ok(call.atoms().nil);
      }
    }
    return answer(0);
  });
}

Term stats(Call& call) {
  return with_connection(call, [&](LockedConnection& locked) -> Term {
    const ConnectionStats stats = locked.connection().stats();
    ErlNifEnv* env = locked.env();
    Term keys[] = {make_atom(env, "cache_hits"),    make_atom(env, "cache_misses"),
                   make_atom(env, "cache_entries"), make_atom(env, "write_waits"),
                   make_atom(env, "busy_retries"),  make_atom(env, "checkpoints"),
                   make_atom(env, "memory_bytes")};
    Term values[] = {
        enif_make_uint64(env, stats.cache_hits),    enif_make_uint64(env, stats.cache_misses),
        enif_make_uint64(env, stats.cache_entries), enif_make_uint64(env, stats.write_waits),
        enif_make_uint64(env, stats.busy_retries),  enif_make_uint64(env, stats.checkpoints),
        enif_make_int64(env, stats.memory_bytes)};
    Term map = 0;
    enif_make_map_from_arrays(env, keys, values, std::size(keys), &map);
    return call.ok(map);
  });
}

}  // namespace libsql::nif
