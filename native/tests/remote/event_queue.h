// What a listening has told, for a test that waits for it.
#ifndef LIBSQL_TESTS_REMOTE_EVENT_QUEUE_H_
#define LIBSQL_TESTS_REMOTE_EVENT_QUEUE_H_

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <variant>

#include "libsql/events.h"

namespace libsql::testing {

// Threads: thread-safe.
class EventQueue {
 public:
  [[nodiscard]] EventHandler handler() {
    return [state = state_](const Event& event) {
      const std::lock_guard lock(state->mutex);
      state->events.push_back(text_of(event));
      state->come.notify_all();
    };
  }
  // The next event as a text, or "nothing" if none comes.
  [[nodiscard]] std::string next(std::chrono::milliseconds patience = std::chrono::seconds(20)) {
    std::unique_lock lock(state_->mutex);
    if (!state_->come.wait_for(lock, patience, [&] { return !state_->events.empty(); })) {
      return "nothing";
    }
    std::string event = std::move(state_->events.front());
    state_->events.pop_front();
    return event;
  }

 private:
  static std::string text_of(const Event& event) {
    if (const auto* change = std::get_if<TableChange>(&event)) {
      return change->table + " +" + std::to_string(change->inserted) + " ~" +
             std::to_string(change->updated) + " -" + std::to_string(change->deleted);
    }
    if (const auto* lost = std::get_if<ChangesLost>(&event)) return lost->table + " lost";
    if (const auto* ended = std::get_if<ListeningEnded>(&event)) {
      return ended->table + " ended: " + std::string(to_string(ended->error.kind()));
    }
    return "an event of a local database";
  }

  struct State {
    std::mutex mutex;
    std::condition_variable come;
    std::deque<std::string> events;
  };
  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace libsql::testing

#endif  // LIBSQL_TESTS_REMOTE_EVENT_QUEUE_H_
