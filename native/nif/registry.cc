#include "registry.h"

#include <cinttypes>
#include <cstdio>
#include <random>
#include <utility>
#include <vector>

namespace libsql::nif {

Registry::Registry() : load_(std::random_device{}()) {}

std::string Registry::new_id() {
  std::array<char, 40> text{};
  const int length = std::snprintf(text.data(), text.size(), "conn_%08" PRIx32 "%08" PRIx64, load_,
                                   next_.fetch_add(1));
  return {text.data(), static_cast<std::size_t>(length)};
}

void Registry::add(const std::string& id, const ConnectionPtr& connection) {
  Shard& home = shard(id);
  const core::MutexLock lock(home.mutex);
  home.entries.insert_or_assign(id, Entry{connection, connection});
}

ConnectionPtr Registry::find(std::string_view id) const {
  const Shard& home = shard(id);
  const core::MutexLock lock(home.mutex);
  const auto entry = home.entries.find(id);
  return entry == home.entries.end() ? nullptr : entry->second.connection.lock();
}

void Registry::drop_owner(std::string_view id) noexcept {
  ConnectionPtr owned;  // Released after the lock: dropping the last reference calls remove().
  Shard& home = shard(id);
  const core::MutexLock lock(home.mutex);
  const auto entry = home.entries.find(id);
  if (entry != home.entries.end()) owned = std::exchange(entry->second.owned, nullptr);
}

void Registry::remove(std::string_view id) noexcept {
  Entry removed;
  Shard& home = shard(id);
  const core::MutexLock lock(home.mutex);
  const auto entry = home.entries.find(id);
  if (entry == home.entries.end()) return;
  removed = std::move(entry->second);
  home.entries.erase(entry);
}

void Registry::drop_all_owners() noexcept {
  std::vector<ConnectionPtr> owned;
  for (Shard& home : shards_) {
    const core::MutexLock lock(home.mutex);
    for (auto& [id, entry] : home.entries) owned.push_back(std::exchange(entry.owned, nullptr));
  }
}

Registry::Shard& Registry::shard(std::string_view id) noexcept {
  return shards_[Hash()(id) % kShards];
}

const Registry::Shard& Registry::shard(std::string_view id) const noexcept {
  return shards_[Hash()(id) % kShards];
}

}  // namespace libsql::nif
