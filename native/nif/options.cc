#include "options.h"

#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "keys.h"
#include "libsql/database.h"
#include "progress_events.h"
#include "state.h"
#include "tokens.h"

namespace libsql::nif {

namespace {

// One option while it is being read.
struct Entry {
  ErlNifEnv* env;
  const std::shared_ptr<State>& shared_state;
  const State& state;
  std::string name;  // ":busy_timeout"
  Term value;

  [[nodiscard]] std::string text() const { return std::string(binary_of(env, value, name)); }
  [[nodiscard]] bool boolean() const { return boolean_of(env, state.atoms, value, name); }
  [[nodiscard]] int number() const {
    const std::int64_t number = integer_of(env, value, name);
    if (number < 0 || number > std::numeric_limits<int>::max()) {
      throw_invalid(name + " must be between 0 and 2147483647, got " + std::to_string(number));
    }
    return static_cast<int>(number);
  }
  [[nodiscard]] std::int64_t size() const { return integer_of(env, value, name); }
  // A list of pairs of binaries.
  template <typename Pair>
  [[nodiscard]] std::vector<Pair> pairs() const {
    std::vector<Pair> read;
    static_cast<void>(list_length(env, value, name));
    Term head = 0;
    for (Term rest = value; enif_get_list_cell(env, rest, &head, &rest) != 0;) {
      const auto parts = tuple_of(env, head, 2, name);
      read.push_back(Pair{std::string(binary_of(env, parts[0], name)),
                          std::string(binary_of(env, parts[1], name))});
    }
    return read;
  }
};

OpenMode open_mode(const Entry& entry) {
  const AtomValue<OpenMode> choices[] = {
      {make_atom(entry.env, "read_write_create"), OpenMode::read_write_create},
      {make_atom(entry.env, "read_write"), OpenMode::read_write},
      {entry.state.atoms.read_only, OpenMode::read_only}};
  return choice_of(entry.value, choices, ":read_write_create, :read_write, :read_only");
}

// A list of {name, path, key}.
std::vector<Attachment> attachments(const Entry& entry) {
  constexpr int kParts = 3;
  std::vector<Attachment> read;
  static_cast<void>(list_length(entry.env, entry.value, entry.name));
  Term head = 0;
  for (Term rest = entry.value; enif_get_list_cell(entry.env, rest, &head, &rest) != 0;) {
    const auto parts = tuple_of(entry.env, head, kParts, entry.name);
    read.push_back({std::string(binary_of(entry.env, parts[0], entry.name)),
                    std::string(binary_of(entry.env, parts[1], entry.name)),
                    key_choice_of(entry.env, entry.state, parts[2])});
  }
  return read;
}

EncryptionKey key_of(const Entry& entry) {
  const KeyObject* const key = entry.state.keys.get(entry.env, entry.value);
  if (key == nullptr) throw_invalid("expected a key as " + entry.name);
  return key->key();
}

RemoteEncoding encoding_of(const Entry& entry) {
  const AtomValue<RemoteEncoding> choices[] = {
      {make_atom(entry.env, "json"), RemoteEncoding::json},
      {make_atom(entry.env, "protobuf"), RemoteEncoding::protobuf}};
  return choice_of(entry.value, choices, ":json, :protobuf");
}

InitialSync initial_sync_of(const Entry& entry) {
  const AtomValue<InitialSync> choices[] = {
      {make_atom(entry.env, "blocking"), InitialSync::blocking},
      {make_atom(entry.env, "background"), InitialSync::background},
      {make_atom(entry.env, "none"), InitialSync::none}};
  return choice_of(entry.value, choices, ":blocking, :background, :none");
}

using Reader = void (*)(const Entry& entry, OpenRequest& request);
struct Option {
  std::string_view name;
  Reader read;
};

constexpr Option kOptions[] = {
    {"mode", [](const Entry& e, OpenRequest& r) { r.options.mode = open_mode(e); }},
    {"create_folders",
     [](const Entry& e, OpenRequest& r) { r.options.create_folders = e.boolean(); }},
    {"busy_timeout",
     [](const Entry& e, OpenRequest& r) {
       r.options.busy_timeout = std::chrono::milliseconds(e.number());
     }},
    {"foreign_keys", [](const Entry& e, OpenRequest& r) { r.options.foreign_keys = e.boolean(); }},
    {"synchronous", [](const Entry& e, OpenRequest& r) { r.options.synchronous = e.text(); }},
    {"journal_mode", [](const Entry& e, OpenRequest& r) { r.options.journal_mode = e.text(); }},
    {"wal_auto_checkpoint",
     [](const Entry& e, OpenRequest& r) { r.options.wal_auto_checkpoint = e.number(); }},
    {"pragmas",
     [](const Entry& e, OpenRequest& r) { r.options.pragmas = e.pairs<std::pair<Text, Text>>(); }},
    {"attach", [](const Entry& e, OpenRequest& r) { r.options.attach = attachments(e); }},
    {"encryption",
     [](const Entry& e, OpenRequest& r) {
       r.options.encryption = encryption_of(e.env, e.state, e.value);
     }},
    {"extensions",
     [](const Entry& e, OpenRequest& r) { r.options.extensions = e.pairs<Extension>(); }},
    {"image", [](const Entry& e, OpenRequest& r) { r.options.image = e.text(); }},
    {"statement_cache_size",
     [](const Entry& e, OpenRequest& r) {
       r.options.statement_cache_size = static_cast<std::size_t>(e.number());
     }},
    {"progress_steps",
     [](const Entry& e, OpenRequest& r) { r.options.progress_steps = e.number(); }},
    {"vector_build_observers",
     [](const Entry& e, OpenRequest& r) {
       r.options.vector_build_observer =
           vector_build_observer_of(e.env, e.shared_state, e.value, e.name);
     }},
    {"soft_heap_limit", [](const Entry& e, OpenRequest& r) { r.memory_limits().soft = e.size(); }},
    {"hard_heap_limit", [](const Entry& e, OpenRequest& r) { r.memory_limits().hard = e.size(); }},
    {"max_threads", [](const Entry& e, OpenRequest& r) { r.max_threads = e.number(); }},
    {"shared_memory",
     [](const Entry& e, OpenRequest& r) { r.location = Database::shared_memory(e.text()); }},
    {"remote", [](const Entry& e, OpenRequest& r) { r.is_remote = e.boolean(); }},
    {"auth_token",
     [](const Entry& e, OpenRequest& r) { read_token(e.env, e.shared_state, e.value, r.remote); }},
    {"remote_encryption_key",
     [](const Entry& e, OpenRequest& r) { r.remote.encryption_key = key_of(e); }},
    {"encoding", [](const Entry& e, OpenRequest& r) { r.remote.encoding = encoding_of(e); }},
    {"connect_timeout",
     [](const Entry& e, OpenRequest& r) {
       r.remote.connect_timeout = std::chrono::milliseconds(e.number());
     }},
    {"request_timeout",
     [](const Entry& e, OpenRequest& r) {
       r.remote.request_timeout = std::chrono::milliseconds(e.number());
     }},
    {"headers",
     [](const Entry& e, OpenRequest& r) { r.remote.headers = e.pairs<std::pair<Text, Text>>(); }},
    {"ca_file", [](const Entry& e, OpenRequest& r) { r.remote.ca_file = e.text(); }},
    {"proxy", [](const Entry& e, OpenRequest& r) { r.remote.proxy = e.text(); }},
    {"primary", [](const Entry& e, OpenRequest& r) { r.primary = e.text(); }},
    {"sync_after_writes",
     [](const Entry& e, OpenRequest& r) { r.sync_after_writes = e.boolean(); }},
    {"read_your_writes", [](const Entry& e, OpenRequest& r) { r.read_your_writes = e.boolean(); }},
    {"sync_interval",
     [](const Entry& e, OpenRequest& r) {
       r.sync_interval = std::chrono::milliseconds(e.number());
     }},
    {"initial_sync", [](const Entry& e, OpenRequest& r) { r.initial_sync = initial_sync_of(e); }},
    {"sync_observers",
     [](const Entry& e, OpenRequest& r) {
       r.sync_observers = sync_observers_of(e.env, e.shared_state, e.value, e.name);
     }},
};

void read_option(const Entry& entry, OpenRequest& request) {
  const std::string_view name = std::string_view(entry.name).substr(1);
  for (const Option& option : kOptions) {
    if (option.name == name) return option.read(entry, request);
  }
  throw_invalid("unknown option " + entry.name);
}

// Ends the iteration however the reading of an option ends.
class MapIterator {
 public:
  MapIterator(ErlNifEnv* env, Term map) : env_(env) {
    if (enif_map_iterator_create(env, map, &iterator_, ERL_NIF_MAP_ITERATOR_FIRST) == 0) {
      throw_invalid("options must be a map");
    }
  }
  MapIterator(const MapIterator&) = delete;
  MapIterator& operator=(const MapIterator&) = delete;
  ~MapIterator() { enif_map_iterator_destroy(env_, &iterator_); }

  [[nodiscard]] bool next(Term* key, Term* value) {
    if (enif_map_iterator_get_pair(env_, &iterator_, key, value) == 0) return false;
    enif_map_iterator_next(env_, &iterator_);
    return true;
  }

 private:
  ErlNifEnv* env_;
  ErlNifMapIterator iterator_{};
};

}  // namespace

OpenRequest open_request(ErlNifEnv* env, const std::shared_ptr<State>& state, Term location,
                         Term options) {
  OpenRequest request;
  request.location = binary_of(env, location, "location");
  MapIterator entries(env, options);
  Term key = 0;
  Term value = 0;
  while (entries.next(&key, &value)) {
    const auto name = atom_text(env, key);
    if (!name) throw_invalid("options must have atoms as keys");
    read_option(Entry{env, state, *state, ":" + *name, value}, request);
  }
  return request;
}

}  // namespace libsql::nif
