#include "vector/sketch_cache.h"

#include "vector/sqlite_statement.h"

namespace libsql::vector {

namespace {

// Centres take a two-hundredth of the vectors' memory: so few indexes are searched by one
// connection that the limit is only for those that are dropped and made again.
constexpr std::size_t kMostCaches = 16;

}  // namespace

bool SketchCache::refresh(sqlite3* db, const Index& index) {
  auto state = read_state(db, index);
  if (!state) {
    state_.reset();
    return false;
  }
  const bool same_build = state_ && state_->build == state->build;
  const bool same_edition = same_build && state_->edition == state->edition;
  // Valid again once everything is read.
  state_.reset();
  if (!same_build) sketcher_.emplace(state->mean);
  if (!same_edition) centres_.emplace(read_centres(db, index));
  state_ = std::move(state);
  return true;
}

void SketchCache::new_edition(sqlite3* db, const Index& index) {
  state_->edition = random_number();
  SqliteStatement write(
      db, "UPDATE " + shadow_name(index.name, kStateSuffix) + " SET edition = ?1 WHERE id = 1");
  write.bind(1, state_->edition);
  static_cast<void>(write.step());
}

SketchCache& SketchCaches::of(const IndexName& index) {
  const std::pair key(index.schema, index.name);
  if (caches_.size() >= kMostCaches && !caches_.contains(key)) caches_.clear();
  return caches_[key];
}

}  // namespace libsql::vector
