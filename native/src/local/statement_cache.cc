#include "local/statement_cache.h"

#include <algorithm>
#include <utility>

namespace libsql::local {

std::unique_ptr<LocalStatement> StatementCache::take(std::string_view sql) {
  // Compared first, without a hash: calls often repeat the last statement.
  auto slot = slots_.begin();
  if (slot == slots_.end() || slot->sql != sql) {
    const auto found = by_text_.find(sql);
    slot = found == by_text_.end() ? slots_.end() : found->second;
  }
  if (slot == slots_.end() || !slot->idle) {
    ++misses_;
    return nullptr;
  }
  ++hits_;
  if (slot != slots_.begin()) slots_.splice(slots_.begin(), slots_, slot);
  return std::move(slot->idle);
}

void StatementCache::reserve(LocalStatement& statement) {
  if (capacity_ == 0 || by_text_.contains(statement.sql())) return;
  // Built apart and spliced in last, so that bad_alloc leaves the cache unchanged.
  Slots made;
  made.push_front({std::string(statement.sql()), nullptr, &statement});
  by_text_.emplace(made.front().sql, made.begin());
  slots_.splice(slots_.begin(), made);
  statement.set_slot(&slots_.front());
  evict();
}

void StatementCache::give_back(std::unique_ptr<LocalStatement> statement) noexcept {
  CacheSlot* slot = statement->slot();
  if (slot != nullptr) {
    slot->statement = statement.get();
    slot->idle = std::move(statement);
  }
}

void StatementCache::remove(std::string_view sql) {
  const auto found = by_text_.find(sql);
  if (found == by_text_.end()) return;
  const Slots::iterator slot = found->second;
  by_text_.erase(found);
  slot->statement->set_slot(nullptr);
  slots_.erase(slot);
}

void StatementCache::clear() {
  by_text_.clear();
  for (CacheSlot& slot : slots_) slot.statement->set_slot(nullptr);
  slots_.clear();
}

void StatementCache::evict() {
  if (by_text_.size() <= capacity_) return;
  const std::string_view oldest = slots_.back().sql;
  remove(oldest);
}

}  // namespace libsql::local
