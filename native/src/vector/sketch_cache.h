// What a connection keeps in memory of an index's sketches.
#ifndef LIBSQL_VECTOR_SKETCH_CACHE_H_
#define LIBSQL_VECTOR_SKETCH_CACHE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include <sqlite3.h>

#include "vector/centres.h"
#include "vector/index.h"
#include "vector/index_state.h"
#include "vector/sketch.h"

namespace libsql::vector {

// Thread-compatible. A change by another connection, or a rollback, is noticed by the two random
// numbers of IndexState.
class SketchCache {
 public:
  // Makes it that of the index as the open transaction sees it. False if the index has no sketches.
  // The rest is valid only after true.
  [[nodiscard]] bool refresh(sqlite3* db, const Index& index);

  // Whether it is that of the index with these numbers.
  [[nodiscard]] bool is_of(std::int64_t build, std::int64_t edition) const noexcept {
    return state_ && state_->build == build && state_->edition == edition;
  }
  [[nodiscard]] const IndexState& state() const noexcept { return *state_; }
  [[nodiscard]] const Sketcher& sketcher() const noexcept { return *sketcher_; }
  [[nodiscard]] const Centres& centres() const noexcept { return *centres_; }
  // For whoever changes the centres, on disk and here; new_edition() has to follow.
  [[nodiscard]] Centres& centres() noexcept { return *centres_; }
  void new_edition(sqlite3* db, const Index& index);

 private:
  // Of the latest refresh.
  std::optional<IndexState> state_;
  std::optional<Sketcher> sketcher_;
  std::optional<Centres> centres_;
};

// Those of the indexes that a connection searches.
class SketchCaches {
 public:
  [[nodiscard]] SketchCache& of(const IndexName& index);

 private:
  std::map<std::pair<std::string, std::string>, SketchCache> caches_;
};

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_SKETCH_CACHE_H_
