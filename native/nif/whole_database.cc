// The database as a whole: copies, checkpoints, extensions and the access policy.
#include <limits>
#include <optional>
#include <string>

#include "executor.h"
#include "keys.h"
#include "libsql/database.h"
#include "messages.h"
#include "operations.h"
#include "options.h"

namespace libsql::nif {

namespace {

// Sends the progress of a backup to a process, and ends the backup when nobody waits for it.
BackupProgress progress_to(Call& call, std::optional<ErlNifPid> pid) {
  return [&call, pid](int remaining, int total) {
    if (pid) {
      Message message;
      const Term term =
          make_tuple(message.env(), call.atoms().backup_message,
                     enif_make_int(message.env(), remaining), enif_make_int(message.env(), total));
      Message::send(message, *pid, term);
    }
    return !call.is_abandoned();
  };
}

int pages_of(Call& call, int index) {
  const std::int64_t pages = integer_of(call.env(), call.argument(index), "pages_per_step");
  if (pages < 1 || pages > std::numeric_limits<int>::max()) {
    throw_invalid("pages_per_step must be between 1 and 2147483647");
  }
  return static_cast<int>(pages);
}

std::optional<Action> action_of(ErlNifEnv* env, Term term) {
  struct Named {
    std::string_view name;
    Action action;
  };
  constexpr Named kActions[] = {
      {"read", Action::read},
      {"insert", Action::insert},
      {"update", Action::update},
      {"delete", Action::del},
      {"ddl", Action::ddl},
      {"pragma", Action::pragma},
      {"attach", Action::attach},
      {"transaction", Action::transaction},
      {"function", Action::function},
      {"load_extension", Action::load_extension},
      {"recursive", Action::recursive},
  };
  const auto name = atom_text(env, term);
  for (const Named& named : kActions) {
    if (name == named.name) return named.action;
  }
  return std::nullopt;
}

AccessPolicy policy_of(Call& call, int index) {
  ErlNifEnv* env = call.env();
  AccessPolicy policy;
  static_cast<void>(list_length(env, call.argument(index), "a policy"));
  Term head = 0;
  for (Term rest = call.argument(index); enif_get_list_cell(env, rest, &head, &rest) != 0;) {
    const auto parts = tuple_of(env, head, 2, "a denial");
    const auto action = action_of(env, parts[0]);
    if (!action) {
      throw_invalid(
          "a denial's action must be one of :read, :insert, :update, :delete, :ddl, :pragma, "
          ":attach, :transaction, :function, :load_extension, :recursive");
    }
    policy.deny.push_back({*action, std::string(binary_of(env, parts[1], "a denial's object"))});
  }
  return policy;
}

}  // namespace

Term backup(Call& call) {
  enum class Direction : std::uint8_t { to, from };
  const AtomValue<Direction> choices[] = {{call.atoms().to, Direction::to},
                                          {call.atoms().from, Direction::from}};
  const Direction direction = choice_of(call.argument(1), choices, ":to, :from");
  const std::string path(call.binary(2, "path"));
  std::optional<ErlNifPid> pid;
  if (call.argument(3) != call.atoms().nil) pid = pid_of(call.env(), call.argument(3), "progress");
  const int pages = pages_of(call, 4);
  const KeyChoice key = key_choice_of(call.env(), *call.state(), call.argument(5));
  return with_connection(call, [&](LockedConnection& locked) -> Term {
    const BackupProgress progress = progress_to(call, pid);
    if (direction == Direction::to) {
      locked.connection().backup_to(path, progress, pages, key);
      return call.atoms().ok;
    }
    locked.connection().restore_from(path, progress, pages, key);
    return call.atoms().ok;
  });
}

Term serialise(Call& call) {
  const std::string_view database = call.binary(1, "database");
  return with_connection(call, [&](LockedConnection& locked) -> Term {
    return call.ok(make_binary(locked.env(), locked.connection().serialise(database)));
  });
}

Term deserialise(Call& call) {
  const std::string_view image = call.binary(1, "image");
  const std::string_view database = call.binary(2, "database");
  return with_connection_ok(
      call, [&](LockedConnection& locked) { locked.connection().deserialise(image, database); });
}

Term checkpoint(Call& call) {
  const Atoms& atoms = call.atoms();
  const AtomValue<CheckpointMode> choices[] = {{atoms.passive, CheckpointMode::passive},
                                               {atoms.full, CheckpointMode::full},
                                               {atoms.restart, CheckpointMode::restart},
                                               {atoms.truncate, CheckpointMode::truncate}};
  const CheckpointMode mode =
      choice_of(call.argument(1), choices, ":passive, :full, :restart, :truncate");
  const std::string_view database = call.binary(2, "database");
  return with_connection(call, [&](LockedConnection& locked) -> Term {
    const CheckpointResult result = locked.connection().checkpoint(mode, database);
    return call.ok(make_tuple(locked.env(), result.busy ? atoms.true_ : atoms.false_,
                              enif_make_int(locked.env(), result.log_frames),
                              enif_make_int(locked.env(), result.checkpointed_frames)));
  });
}

Term vacuum_into(Call& call) {
  const std::string path(call.binary(1, "path"));
  const KeyChoice key = key_choice_of(call.env(), *call.state(), call.argument(2));
  return with_connection_ok(
      call, [&](LockedConnection& locked) { locked.connection().vacuum_into(path, key); });
}

Term rekey(Call& call) {
  ErlNifEnv* const env = call.env();
  const OpenRequest request = open_request(env, call.state(), call.argument(0), call.argument(1));
  const KeyChoice key = key_choice_of(env, *call.state(), call.argument(2));
  std::optional<ErlNifPid> pid;
  if (call.argument(3) != call.atoms().nil) pid = pid_of(env, call.argument(3), "progress");
  Database(request.location, request.options).rekey(key, progress_to(call, pid));
  return call.atoms().ok;
}

Term enable_extensions(Call& call) {
  const bool enabled = boolean_of(call.env(), call.atoms(), call.argument(1), "enabled");
  return with_connection_ok(
      call, [&](LockedConnection& locked) { locked.connection().enable_extensions(enabled); });
}

Term load_extension(Call& call) {
  const Extension extension{std::string(call.binary(1, "path")),
                            std::string(call.binary(2, "entry point"))};
  return with_connection_ok(
      call, [&](LockedConnection& locked) { locked.connection().load_extension(extension); });
}

Term set_access_policy(Call& call) {
  AccessPolicy policy = policy_of(call, 1);
  return with_connection_ok(call, [&](LockedConnection& locked) {
    locked.connection().set_access_policy(std::move(policy));
  });
}

}  // namespace libsql::nif
