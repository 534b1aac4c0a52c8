#include "replica/sync_watchers.h"

#include <algorithm>
#include <utility>

namespace libsql::replica {

std::shared_ptr<const SyncObserver> SyncWatchers::add(SyncObserver observer) {
  auto made = std::make_shared<const SyncObserver>(std::move(observer));
  const core::MutexLock lock(mutex_);
  std::erase_if(observers_, [](const auto& one) { return one.expired(); });
  observers_.push_back(made);
  return made;
}

void SyncWatchers::tell(const SyncEvent& event) {
  std::vector<std::shared_ptr<const SyncObserver>> told;
  {
    const core::MutexLock lock(mutex_);
    for (const auto& one : observers_) {
      auto observer = one.lock();
      if (observer == nullptr) continue;
      const bool has_older =
          !observer->name.empty() && std::ranges::any_of(told, [&](const auto& older) {
            return older->name == observer->name;
          });
      if (!has_older) told.push_back(std::move(observer));
    }
  }
  for (const auto& observer : told) observer->handler(event);
}

}  // namespace libsql::replica
