#include "progress_events.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "failure.h"
#include "messages.h"
#include "state.h"

namespace libsql::nif {

namespace {

// A process, or the name of one: an atom, which needs no environment.
class EventReceiver {
 public:
  EventReceiver(ErlNifEnv* env, Term term, std::string_view what) {
    if (enif_is_atom(env, term) != 0) {
      name_ = term;
    } else {
      pid_ = pid_of(env, term, what);
    }
  }
  // Nothing if nobody has the name.
  [[nodiscard]] std::optional<ErlNifPid> find() const noexcept {
    if (!name_) return pid_;
    ErlNifPid pid{};
    if (enif_whereis_pid(nullptr, *name_, &pid) == 0) return std::nullopt;
    return pid;
  }

 private:
  std::optional<Term> name_;
  ErlNifPid pid_{};
};

// A map with atoms as keys.
class EventMap {
 public:
  EventMap(ErlNifEnv* env, const Atoms& atoms)
      : env_(env), atoms_(atoms), map_(enif_make_new_map(env)) {}

  void put(const char* name, Term value) {
    enif_make_map_put(env_, map_, make_atom(env_, name), value, &map_);
  }
  void put(const char* name, const std::string& text) { put(name, make_binary(env_, text)); }
  void put(const char* name, bool value) { put(name, value ? atoms_.true_ : atoms_.false_); }
  void put(const char* name, std::chrono::microseconds time) {
    put(name, Term{enif_make_int64(env_, time.count())});
  }
  void put_number(const char* name, const std::optional<std::uint64_t>& number) {
    put(name, number ? Term{enif_make_uint64(env_, *number)} : atoms_.nil);
  }
  void put(const char* name, const std::optional<Error>& error) {
    put(name, error ? error_map(env_, atoms_, *error) : atoms_.nil);
  }
  [[nodiscard]] Term term() const noexcept { return map_; }

 private:
  ErlNifEnv* env_;
  const Atoms& atoms_;
  Term map_;
};

EventMap event_map(ErlNifEnv* env, const Atoms& atoms, const SyncEvent& event) {
  EventMap map(env, atoms);
  map.put("ended", event.ended);
  map.put("everything", event.everything);
  map.put_number("pages", event.report.pages);
  map.put_number("bytes", event.report.bytes);
  map.put("duration_us", event.report.duration);
  map.put_number("frame", event.report.frame);
  map.put("error", event.error);
  return map;
}

EventMap event_map(ErlNifEnv* env, const Atoms& atoms, const VectorBuild& build) {
  EventMap map(env, atoms);
  map.put("schema", build.schema);
  map.put("index", build.index);
  map.put("ended", build.ended);
  map.put_number("rows", build.rows);
  map.put("fraction", Term{enif_make_double(env, build.fraction)});
  map.put("duration_us", build.duration);
  map.put("error", build.error);
  return map;
}

// Sends events about one database to one process.
class EventSender {
 public:
  // `kind` is the second element of the messages.
  EventSender(std::shared_ptr<State> state, const char* kind, EventReceiver receiver,
              std::string database)
      : state_(std::move(state)),
        kind_(kind),
        receiver_(receiver),
        database_(std::move(database)) {}

  template <typename Event>
  void operator()(const Event& event) const {
    const auto pid = receiver_.find();
    if (!pid) return;
    const Message message;
    ErlNifEnv* const env = message.env();
    const Atoms& atoms = state_->atoms;
    EventMap map = event_map(env, atoms, event);
    map.put("database", database_);
    Message::send(message, *pid,
                  make_tuple(env, atoms.event_message, make_atom(env, kind_), map.term()));
  }

 private:
  std::shared_ptr<State> state_;
  const char* kind_;
  EventReceiver receiver_;
  std::string database_;
};

// Calls `read` with each tuple of `size` elements in a list.
template <typename Read>
void for_each_tuple(ErlNifEnv* env, Term list, int size, std::string_view what, Read&& read) {
  static_cast<void>(list_length(env, list, what));
  Term head = 0;
  for (Term rest = list; enif_get_list_cell(env, rest, &head, &rest) != 0;) {
    read(tuple_of(env, head, size, what));
  }
}

}  // namespace

std::vector<SyncObserver> sync_observers_of(ErlNifEnv* env, const std::shared_ptr<State>& state,
                                            Term value, std::string_view what) {
  constexpr int kParts = 3;
  std::vector<SyncObserver> observers;
  for_each_tuple(env, value, kParts, what, [&](const auto& parts) {
    const EventReceiver receiver(env, parts[1], what);
    observers.push_back(
        {std::string(binary_of(env, parts[0], what)),
         EventSender(state, "sync", receiver, std::string(binary_of(env, parts[2], what)))});
  });
  return observers;
}

VectorBuildObserver vector_build_observer_of(ErlNifEnv* env, const std::shared_ptr<State>& state,
                                             Term value, std::string_view what) {
  constexpr int kParts = 2;
  std::vector<EventSender> senders;
  for_each_tuple(env, value, kParts, what, [&](const auto& parts) {
    const EventReceiver receiver(env, parts[0], what);
    senders.emplace_back(state, "vector_build", receiver,
                         std::string(binary_of(env, parts[1], what)));
  });
  return [senders](const VectorBuild& build) {
    for (const EventSender& sender : senders) sender(build);
  };
}

}  // namespace libsql::nif
