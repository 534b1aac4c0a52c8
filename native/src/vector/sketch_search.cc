#include "vector/sketch_search.h"

#include <algorithm>
#include <cstddef>
#include <new>
#include <string_view>
#include <utility>

#include "vector/best.h"
#include "vector/distance.h"
#include "vector/kernels.h"
#include "vector/sketch.h"
#include "vector/sketch_table.h"
#include "vector/sqlite_statement.h"

namespace libsql::vector {

namespace {

struct Candidate {
  float estimate = 0;
  std::int64_t position = 0;  // Among the sketches, in the order of their keys.
  OwnedValue key;
};

bool seems_nearer(const Candidate& left, const Candidate& right) {
  if (left.estimate != right.estimate) return left.estimate > right.estimate;
  return left.position < right.position;
}

// The rows that seem nearest, and those of which nothing can be estimated.
class Candidates {
 public:
  explicit Candidates(std::size_t count) : count_(count) {}

  void offer(float estimate, std::int64_t position, sqlite3_value* key) {
    Candidate candidate{estimate, position, nullptr};
    if (found_.size() == count_) {
      if (!seems_nearer(candidate, found_.front())) return;
      std::pop_heap(found_.begin(), found_.end(), &seems_nearer);
      found_.pop_back();
    }
    found_.push_back(with_key(std::move(candidate), key));
    std::push_heap(found_.begin(), found_.end(), &seems_nearer);
  }

  void add_irregular(std::int64_t position, sqlite3_value* key) {
    irregular_.push_back(with_key({0, position, nullptr}, key));
  }

  [[nodiscard]] bool full() const noexcept { return found_.size() == count_; }

  // In the order of their keys, in which reading the rows is fastest.
  std::vector<Candidate> in_order() && {
    std::move(irregular_.begin(), irregular_.end(), std::back_inserter(found_));
    std::ranges::sort(found_, {}, &Candidate::position);
    return std::move(found_);
  }

 private:
  static Candidate with_key(Candidate candidate, sqlite3_value* key) {
    candidate.key.reset(sqlite3_value_dup(key));
    if (candidate.key == nullptr) throw std::bad_alloc();
    return candidate;
  }

  std::size_t count_;
  std::vector<Candidate> found_;  // A heap with the farthest on top.
  std::vector<Candidate> irregular_;
};

Candidates estimate_all(sqlite3* db, const Index& index, const SketchQuery& query,
                        std::size_t sketch_size, std::size_t count) {
  Candidates candidates(count);
  SqliteStatement sketches(
      db, "SELECT key, data FROM " + shadow_name(index.name, kSketchesSuffix) + " ORDER BY key");
  for (std::int64_t position = 0; sketches.step(); ++position) {
    const std::string_view sketch = sketches.blob(1);
    sqlite3_value* const key = sqlite3_column_value(sketches.get(), 0);
    if (sketch.size() == sketch_size) {
      candidates.offer(query.estimate(sketch), position, key);
    } else {
      candidates.add_irregular(position, key);
    }
  }
  return candidates;
}

struct Measured {
  std::vector<Neighbour> nearest;
  std::size_t gone = 0;  // Rows that REPLACE has deleted, of which no trigger tells.
};

Measured measure(sqlite3* db, const Index& index, const SearchVector& query,
                 const std::vector<Candidate>& candidates, std::int64_t count) {
  const Distance distance = distance_of(index.metric);
  Best best(count);
  Measured measured;
  SqliteStatement row(db, index.row);
  for (const Candidate& candidate : candidates) {
    const ResetAtEnd reset(row);
    row.bind(1, candidate.key.get());
    if (!row.step() || !is_same(sqlite3_column_value(row.get(), 0), candidate.key.get())) {
      ++measured.gone;
      continue;
    }
    const SearchVector vector(sqlite3_column_value(row.get(), 1));
    vector.check(index.type, "search");
    best.offer(distance(vector.view(), query.view(), kernels()), candidate.position,
               candidate.key.get());
  }
  measured.nearest = std::move(best).in_order();
  return measured;
}

}  // namespace

std::optional<std::vector<Neighbour>> find_by_sketches(sqlite3* db, const Index& index,
                                                       const SearchVector& query,
                                                       std::int64_t count) {
  auto state = read_state(db, index);
  if (!state) return std::nullopt;
  const auto values = regular(query.view(), index.metric);
  if (!values) return std::nullopt;
  const Sketcher sketcher(index.metric, std::move(state->mean));
  const SketchQuery sketched(sketcher, *values);
  const auto wanted = static_cast<std::size_t>(std::max(index.search_l, 4 * count));
  for (std::size_t tried = wanted;;) {
    Candidates candidates = estimate_all(db, index, sketched, sketcher.size(), tried);
    const bool all = !candidates.full();
    Measured measured = measure(db, index, query, std::move(candidates).in_order(), count);
    if (all || measured.gone == 0) return std::move(measured.nearest);
    // Rows that are gone took the places of others.
    if (tried - std::min(tried, measured.gone) >= wanted) return std::move(measured.nearest);
    tried += measured.gone + wanted / 4;
  }
}

}  // namespace libsql::vector
