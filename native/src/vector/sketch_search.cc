#include "vector/sketch_search.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string_view>
#include <utility>

#include "vector/best.h"
#include "vector/distance.h"
#include "vector/index_state.h"
#include "vector/kernels.h"
#include "vector/keys.h"
#include "vector/sketch.h"
#include "vector/sketch_lists.h"
#include "vector/sqlite_statement.h"

namespace libsql::vector {

namespace {

struct Candidate {
  Estimate estimate;
  std::int64_t id = 0;
};

struct SeemsNearer {
  bool operator()(const Candidate& left, const Candidate& right) const noexcept {
    if (left.estimate.value != right.estimate.value) {
      return left.estimate.value < right.estimate.value;
    }
    return left.id < right.id;
  }
};

// The rows that seem nearest.
class Candidates {
 public:
  explicit Candidates(std::size_t count) : count_(count) {}

  void offer(const Candidate& candidate) {
    if (candidate.estimate.value > farthest_) return;
    offered_.push_back(candidate);
    if (offered_.size() >= 4 * count_) keep_nearest();
  }

  [[nodiscard]] bool full() const noexcept { return offered_.size() >= count_; }
  // In any order.
  [[nodiscard]] const std::vector<Candidate>& found() {
    keep_nearest();
    return offered_;
  }

 private:
  void keep_nearest() {
    if (offered_.size() <= count_) return;
    const auto last = offered_.begin() + static_cast<std::ptrdiff_t>(count_) - 1;
    std::ranges::nth_element(offered_, last, SeemsNearer());
    farthest_ = last->estimate.value;
    offered_.resize(count_);
  }

  std::size_t count_;
  float farthest_ = std::numeric_limits<float>::infinity();
  std::vector<Candidate> offered_;  // Among them the nearest ones.
};

// --- Estimates ---

class ListReader {
 public:
  ListReader(sqlite3* db, const Index& index, std::size_t sketch_size)
      : shape_(sketch_size),
        chunks_(db, "SELECT data FROM " + shadow_name(index.name, kSketchesSuffix) +
                        " WHERE place BETWEEN ?1 AND ?2") {}

  // Calls `visit` with the id and the sketch of each entry.
  template <typename Visit>
  void read(std::int64_t list, Visit visit) {
    const ResetAtEnd reset(chunks_);
    chunks_.bind(1, list * kChunksOfList);
    chunks_.bind(2, (list + 1) * kChunksOfList - 1);
    while (chunks_.step()) {
      const std::string_view data = chunks_.blob(0);
      const std::size_t count = shape_.entries(data);
      for (std::size_t entry = 0; entry < count; ++entry) {
        visit(shape_.id(data, entry), shape_.sketch(data, entry));
      }
    }
  }

 private:
  ChunkShape shape_;
  SqliteStatement chunks_;
};

// How far rows are, as soon as so many are known: the last of the nearest by what half the squares
// of their distances probably are at most.
class Radius {
 public:
  explicit Radius(std::size_t count) : count_(count) {}

  void offer(float half_square) {
    if (nearest_.size() == count_) {
      if (half_square >= nearest_.front()) return;
      std::ranges::pop_heap(nearest_);
      nearest_.pop_back();
    }
    nearest_.push_back(half_square);
    std::ranges::push_heap(nearest_);
  }
  // The square of the distance of the farthest centres in whose lists rows as near may be.
  [[nodiscard]] float limit(double reach) const noexcept {
    if (nearest_.size() < count_) return std::numeric_limits<float>::infinity();
    return 2 * nearest_.front() + static_cast<float>(reach);
  }

 private:
  std::size_t count_;
  std::vector<float> nearest_;  // A heap with the farthest on top.
};

// What a search works on.
struct Search {
  sqlite3* db;
  const Index& index;
  const SearchVector& query;
  std::int64_t count;  // Of the rows that are wanted.
};

struct Row {
  std::int64_t id = 0;
  // What half the square of its distance is not below, nearly always.
  float least = 0;
  std::int64_t position = 0;  // In the order of keys.
  OwnedValue key;             // None if the id is the key.
};

struct Estimated {
  std::vector<Row> rows;
  bool all = false;  // There are no other rows.
};

// The `tried` rows that seem nearest, in the lists around the query; as long as there are not so
// many, further lists are looked at. And all rows that nothing can be estimated of.
Estimated estimate(const Search& search, const SketchCache& cache, Ranking& ranked,
                   const SketchQuery& query, std::size_t tried) {
  // Some more candidates than rows that are wanted cost little, as most of them are not measured.
  constexpr std::size_t kSpare = 8;
  // Who wants more rows measured wants more lists, too.
  constexpr std::size_t kTriedOfNear = 20;
  // Standard deviations: one of 160 rows is nearer.
  constexpr float kCertainty = 2.5F;
  ListReader reader(search.db, search.index, cache.sketcher().size());
  Candidates candidates(tried + tried / kSpare);
  Radius radius(std::max(tried / kTriedOfNear, static_cast<std::size_t>(search.count)));
  std::size_t probed = 0;
  for (; probed < ranked.size(); ++probed) {
    const float limit = candidates.full() ? radius.limit(cache.state().reach)
                                          : std::numeric_limits<float>::infinity();
    const auto next = ranked.at(probed, limit);
    if (!next) break;
    const RankedList list = *next;
    const SketchQuery::List shared = query.in_list(list.square);
    reader.read(list.list, [&](std::int64_t id, std::string_view sketch) {
      const Estimate estimate = query.estimate(sketch, shared);
      candidates.offer({estimate, id});
      radius.offer(estimate.value + estimate.error);
    });
  }
  Estimated estimated;
  estimated.all = probed == ranked.size() && !candidates.full();
  for (const auto& [value, id] : candidates.found()) {
    estimated.rows.push_back({id, value.value - kCertainty * value.error, id, nullptr});
  }
  reader.read(kIrregular, [&](std::int64_t id, std::string_view /*zeros*/) {
    estimated.rows.push_back({id, -std::numeric_limits<float>::infinity(), id, nullptr});
  });
  return estimated;
}

// --- Distances ---

// Reads the keys of rows that have no rowids, and with them their order, which decides ties.
void find_keys(const Search& search, std::vector<Row>& rows) {
  if (search.index.has_rowids) return;
  SqliteStatement key(
      search.db,
      "SELECT key FROM " + shadow_name(search.index.name, kPlacesSuffix) + " WHERE id = ?1");
  for (Row& row : rows) {
    const ResetAtEnd reset(key);
    key.bind(1, row.id);
    if (!key.step()) refuse_damaged(search.index);
    row.key = copy_of(sqlite3_column_value(key.get(), 0));
  }
  std::ranges::sort(rows, [](const Row& left, const Row& right) {
    return is_before(left.key.get(), right.key.get());
  });
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].position = static_cast<std::int64_t>(i);
}

struct Measured {
  std::vector<Neighbour> nearest;
  std::size_t gone = 0;  // Rows that REPLACE has deleted, of which no trigger tells.
};

// Measures rows, those first that may be nearest.
class Measurement {
 public:
  explicit Measurement(const Search& search)
      : search_(search),
        distance_(distance_of(search.index.metric)),
        read_(search.db, search.index.row),
        best_(search.count) {}

  // Stops where no further row is as near as the nearest ones so far.
  Measured of(std::vector<Row> rows) && {
    std::ranges::sort(rows, {}, &Row::least);
    const auto portion = std::max<std::size_t>(kFewest, static_cast<std::size_t>(search_.count));
    const std::span all(rows);
    for (std::size_t from = 0; from < all.size() && may_be_near(all[from]); from += portion) {
      // In the order of keys reading is fastest.
      const auto part = all.subspan(from, std::min(portion, all.size() - from));
      std::ranges::sort(part, {}, &Row::position);
      for (const Row& row : part) measure(row);
    }
    return {std::move(best_).in_order(), gone_};
  }

 private:
  static constexpr std::size_t kFewest = 16;

  [[nodiscard]] bool may_be_near(const Row& row) const {
    // Distances are rounded.
    constexpr double kRounding = 1e-5;
    const double limit = best_.limit();
    const bool cosine = search_.index.metric == Metric::cosine;
    const double half = cosine ? limit + kRounding : limit * limit / 2;
    return row.least <= half * (1 + kRounding);
  }
  void measure(const Row& row) {
    const ResetAtEnd reset(read_);
    sqlite3_value* const key = row.key.get();
    if (key == nullptr) {
      read_.bind(1, row.id);
    } else {
      read_.bind(1, key);
    }
    const bool there =
        read_.step() && (key == nullptr || is_same(sqlite3_column_value(read_.get(), 0), key));
    if (!there) {
      ++gone_;
      return;
    }
    const SearchVector vector(sqlite3_column_value(read_.get(), 1));
    vector.check(search_.index.type, "search");
    best_.offer(distance_(vector.view(), search_.query.view(), kernels()), row.position,
                sqlite3_column_value(read_.get(), 0));
  }

  const Search& search_;
  Distance distance_;
  SqliteStatement read_;
  Best best_;
  std::size_t gone_ = 0;
};

}  // namespace

std::optional<std::vector<Neighbour>> find_by_sketches(sqlite3* db, const Index& index,
                                                       const SearchVector& query,
                                                       std::int64_t count, SketchCaches& caches) {
  SketchCache& cache = caches.of(index.name);
  if (!cache.refresh(db, index)) return std::nullopt;
  const auto values = regular(query.view(), index.metric);
  if (!values) return std::nullopt;
  const Search search{db, index, query, count};
  const std::vector<float> turned = cache.sketcher().turned(*values);
  const SketchQuery sketched(turned);
  Ranking ranked(cache.centres(), turned);
  const auto wanted = static_cast<std::size_t>(std::max(index.search_l, 4 * count));
  for (std::size_t tried = wanted;;) {
    Estimated estimated = estimate(search, cache, ranked, sketched, tried);
    find_keys(search, estimated.rows);
    Measured measured = Measurement(search).of(std::move(estimated.rows));
    if (estimated.all || measured.gone == 0) return std::move(measured.nearest);
    // Rows that are gone took the places of others.
    if (tried - std::min(tried, measured.gone) >= wanted) return std::move(measured.nearest);
    tried += measured.gone + wanted / 4;
  }
}

}  // namespace libsql::vector
