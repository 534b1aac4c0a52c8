#include "replica/synced_listening.h"

#include <chrono>
#include <functional>
#include <utility>
#include <variant>

namespace libsql::replica {

namespace {

constexpr std::chrono::seconds kSyncPatience{60};

}  // namespace

std::shared_ptr<Listening> behind_syncs(const std::shared_ptr<Listening>& listening,
                                        std::shared_ptr<Replicator> replicator, OnEvent on_event) {
  auto inner = std::make_shared<Listening>([outer = std::weak_ptr<Listening>(listening),
                                            replicator = std::move(replicator),
                                            on_event](const Event& event) {
    const bool ends = std::holds_alternative<ListeningEnded>(event);
    const std::function<void()> tell = [outer, event, ends] {
      const auto to = outer.lock();
      if (to == nullptr) return;
      to->notify(event);
      if (ends) to->stop();
    };
    if (ends && on_event == OnEvent::wait) return tell();
    if (!ends) replicator->after_sync(tell);
    if (on_event == OnEvent::wait) return;
    // The end is told however this sync ends, behind what it brings.
    replicator->sync({}, Replicator::Clock::now() + kSyncPatience,
                     [then = ends ? tell : [] {}](const Error*, const SyncReport&) { then(); });
  });
  // It lives until then.
  listening->on_stop([inner] { inner->stop(); });
  return inner;
}

}  // namespace libsql::replica
