#include "sync_events.h"

#include <optional>
#include <string>
#include <utility>

#include "failure.h"
#include "messages.h"
#include "state.h"

namespace libsql::nif {

namespace {

// A process, or the name of one: an atom, which needs no environment.
class SyncReceiver {
 public:
  SyncReceiver(ErlNifEnv* env, Term term, std::string_view what) {
    if (enif_is_atom(env, term) != 0) {
      name_ = term;
    } else {
      pid_ = pid_of(env, term, what);
    }
  }
  // Called on a thread of the library's. Nothing if nobody has the name.
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

Term event_term(ErlNifEnv* env, const Atoms& atoms, const std::string& database,
                const SyncEvent& event) {
  Term map = enif_make_new_map(env);
  const auto put = [&](const char* name, Term value) {
    enif_make_map_put(env, map, make_atom(env, name), value, &map);
  };
  const SyncReport& report = event.report;
  put("database", make_binary(env, database));
  put("ended", event.ended ? atoms.true_ : atoms.false_);
  put("everything", event.everything ? atoms.true_ : atoms.false_);
  put("pages", enif_make_uint64(env, report.pages));
  put("bytes", enif_make_uint64(env, report.bytes));
  put("duration_us", enif_make_int64(env, report.duration.count()));
  put("frame", report.frame ? enif_make_uint64(env, *report.frame) : atoms.nil);
  put("error", event.error ? error_map(env, atoms, *event.error) : atoms.nil);
  return map;
}

}  // namespace

std::vector<SyncObserver> sync_observers_of(ErlNifEnv* env, const std::shared_ptr<State>& state,
                                            Term value, std::string_view what) {
  constexpr int kParts = 3;
  std::vector<SyncObserver> observers;
  static_cast<void>(list_length(env, value, what));
  Term head = 0;
  for (Term rest = value; enif_get_list_cell(env, rest, &head, &rest) != 0;) {
    const auto parts = tuple_of(env, head, kParts, what);
    const SyncReceiver receiver(env, parts[1], what);
    observers.push_back({std::string(binary_of(env, parts[0], what)),
                         [state, receiver, database = std::string(binary_of(env, parts[2], what))](
                             const SyncEvent& event) {
                           const auto pid = receiver.find();
                           if (!pid) return;
                           const Message message;
                           ErlNifEnv* const to = message.env();
                           const Atoms& atoms = state->atoms;
                           Message::send(message, *pid,
                                         make_tuple(to, atoms.event_message, make_atom(to, "sync"),
                                                    event_term(to, atoms, database, event)));
                         }});
  }
  return observers;
}

}  // namespace libsql::nif
