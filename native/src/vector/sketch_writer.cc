#include "vector/sketch_writer.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "vector/index_state.h"
#include "vector/keys.h"
#include "vector/sketch.h"
#include "vector/sketch_build.h"

namespace libsql::vector {

namespace {

// Without sketches, rows are counted at the first write of a connection and then once in so many.
constexpr int kWritesBetweenCounts = 256;
// A single list is built anew when there are so many times as many rows as at the latest build, for
// a better mean, until there are several.
constexpr std::int64_t kGrowth = 4;
// Rows that REPLACE has deleted are looked for once in so many writes, and at once where there was
// one.
constexpr int kWritesBetweenSweeps = 64;

}  // namespace

SketchWriter::SketchWriter(sqlite3* db, Index index)
    : db_(db),
      index_(std::move(index)),
      row_(db, index_.row),
      edition_(db, "SELECT build, edition FROM " + shadow_name(index_.name, kStateSuffix) +
                       " WHERE id = 1"),
      lists_(db, index_, Sketcher::size_for(index_.type.dimensions)),
      balance_(db, index_, lists_, cache_),
      until_swept_(kWritesBetweenSweeps) {}

bool SketchWriter::open() {
  const ResetAtEnd reset(edition_);
  if (!edition_.step()) return false;
  if (cache_.is_of(sqlite3_column_int64(edition_.get(), 0),
                   sqlite3_column_int64(edition_.get(), 1))) {
    return true;
  }
  if (!cache_.refresh(db_, index_)) {
    throw Failure("vector index: " + index_.name.name +
                  " was made by another version of this library; REINDEX it");
  }
  return true;
}

void SketchWriter::row_has_changed(sqlite3_value* key) {
  const ResetAtEnd reset(row_);
  row_.bind(1, key);
  std::optional<SearchVector> vector;
  if (row_.step() && is_same(sqlite3_column_value(row_.get(), 0), key)) {
    // SQLite holds the connection's mutex meanwhile, so its values may be read in place.
    vector.emplace(sqlite3_column_value(row_.get(), 1));
    vector->check(index_.type, "insert");
  }
  if (!has_sketches(index_)) return;
  if (!open()) {
    if (vector) build_first_sketches();
    return;
  }
  if (vector) {
    put(key, *vector);
  } else {
    remove(key);
  }
  sweep();
}

void SketchWriter::put(sqlite3_value* key, const SearchVector& vector) {
  const auto values = regular(vector.view(), index_.metric);
  std::int64_t list = kIrregular;
  std::string sketch;
  if (values) {
    const std::vector<float> turned = cache_.sketcher().turned(*values);
    list = cache_.centres().nearest(turned);
    sketch = Sketcher::sketch(turned, cache_.centres().of(list));
  }
  const auto placed = lists_.find(key);
  if (!placed) return added(list, lists_.add(key, list, sketch));
  const std::int64_t old_list = list_of(placed->place);
  if (old_list == list) return lists_.replace(*placed, sketch);
  const std::int64_t left = lists_.take_out(*placed);
  const std::int64_t count = lists_.move_in(placed->id, list, sketch);
  balance_.shrunk(old_list, left);
  added(list, count);
}

void SketchWriter::remove(sqlite3_value* key) {
  const auto placed = lists_.find(key);
  if (placed) balance_.shrunk(list_of(placed->place), lists_.remove(*placed));
}

void SketchWriter::added(std::int64_t list, std::int64_t count) {
  if (list == kIrregular) return;
  if (cache_.centres().size() > 1) return balance_.grown(list, count);
  const IndexState& state = cache_.state();
  const std::int64_t several = state.fewest_rows_for_lists();
  const bool small = state.rows < several;
  if (count >= (small ? std::min(kGrowth * state.rows, several) : several)) {
    build();
  }
}

void SketchWriter::build_first_sketches() {
  if (--until_counted_ > 0) return;
  until_counted_ = kWritesBetweenCounts;
  if (count_rows(db_, index_, kFirstBuild) >= kFirstBuild) build();
}

// Of rows so few that nobody is to hear how it goes.
void SketchWriter::build() {
  BuildProgress unheard;
  build_sketches(db_, index_, count_rows(db_, index_), unheard);
}

void SketchWriter::sweep() {
  if (--until_swept_ > 0 || !open()) return;
  until_swept_ = balance_.sweep() ? 1 : kWritesBetweenSweeps;
}

}  // namespace libsql::vector
