#include "vector/sketch_search.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
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
  float estimate = 0;
  std::int64_t id = 0;
};

bool seems_nearer(const Candidate& left, const Candidate& right) {
  if (left.estimate != right.estimate) return left.estimate > right.estimate;
  return left.id < right.id;
}

// The rows that seem nearest.
class Candidates {
 public:
  explicit Candidates(std::size_t count) : count_(count) {}

  void offer(const Candidate& candidate) {
    if (full()) {
      if (!seems_nearer(candidate, found_.front())) return;
      std::ranges::pop_heap(found_, &seems_nearer);
      found_.pop_back();
    }
    found_.push_back(candidate);
    std::ranges::push_heap(found_, &seems_nearer);
  }

  [[nodiscard]] bool full() const noexcept { return found_.size() == count_; }
  [[nodiscard]] const std::vector<Candidate>& found() const noexcept { return found_; }

 private:
  std::size_t count_;
  std::vector<Candidate> found_;  // A heap with the farthest on top.
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

// How many lists are looked at, at least. As many as the build has found to be enough while the
// index has as many lists; among more lists the nearest rows spread over few more. Who wants more
// rows measured wants more lists, too.
std::size_t probes_of(const IndexState& state, std::size_t lists, std::size_t wanted) {
  if (state.probes >= state.lists) return lists;
  constexpr double kUsual = 200;
  const double growth = static_cast<double>(lists) / static_cast<double>(state.lists);
  const double effort = static_cast<double>(wanted) / kUsual;
  const double probes = std::ceil(static_cast<double>(state.probes) * std::sqrt(growth * effort));
  return probes < static_cast<double>(lists) ? static_cast<std::size_t>(probes) : lists;
}

// What a search works on.
struct Search {
  sqlite3* db;
  const Index& index;
  const SearchVector& query;
  std::int64_t count;  // Of the rows that are wanted.
};

struct Estimated {
  std::vector<std::int64_t> ids;
  bool all = false;  // There are no other rows.
};

// The `tried` rows that seem nearest, in the lists around the query; as long as there are not so
// many, further lists are looked at. And all rows that nothing can be estimated of.
Estimated estimate(const Search& search, const SketchCache& cache,
                   const std::vector<std::int64_t>& ranked, const SketchQuery& query,
                   std::size_t probes, std::size_t tried) {
  ListReader reader(search.db, search.index, cache.sketcher().size());
  Candidates candidates(tried);
  std::size_t probed = 0;
  while (probed < ranked.size() && (probed < probes || !candidates.full())) {
    reader.read(ranked[probed++], [&](std::int64_t id, std::string_view sketch) {
      candidates.offer({query.estimate(sketch), id});
    });
  }
  Estimated estimated;
  estimated.all = probed == ranked.size() && !candidates.full();
  for (const Candidate& candidate : candidates.found()) estimated.ids.push_back(candidate.id);
  reader.read(kIrregular,
              [&](std::int64_t id, std::string_view /*zeros*/) { estimated.ids.push_back(id); });
  return estimated;
}

// --- Distances ---

struct Row {
  std::int64_t id = 0;
  OwnedValue key;  // None if the id is the key.
};

// In the order of their keys, in which reading the rows is fastest, and which decides ties.
std::vector<Row> rows_of(const Search& search, std::vector<std::int64_t> ids) {
  std::ranges::sort(ids);
  std::vector<Row> rows;
  rows.reserve(ids.size());
  if (search.index.has_rowids) {
    for (const std::int64_t id : ids) rows.push_back({id, nullptr});
    return rows;
  }
  SqliteStatement key(
      search.db,
      "SELECT key FROM " + shadow_name(search.index.name, kPlacesSuffix) + " WHERE id = ?1");
  for (const std::int64_t id : ids) {
    const ResetAtEnd reset(key);
    key.bind(1, id);
    if (!key.step()) refuse_damaged(search.index);
    rows.push_back({id, copy_of(sqlite3_column_value(key.get(), 0))});
  }
  std::ranges::sort(rows, [](const Row& left, const Row& right) {
    return is_before(left.key.get(), right.key.get());
  });
  return rows;
}

struct Measured {
  std::vector<Neighbour> nearest;
  std::size_t gone = 0;  // Rows that REPLACE has deleted, of which no trigger tells.
};

Measured measure(const Search& search, const std::vector<Row>& rows) {
  const Distance distance = distance_of(search.index.metric);
  Best best(search.count);
  Measured measured;
  SqliteStatement read(search.db, search.index.row);
  for (std::size_t position = 0; position < rows.size(); ++position) {
    const ResetAtEnd reset(read);
    sqlite3_value* const key = rows[position].key.get();
    if (key == nullptr) {
      read.bind(1, rows[position].id);
    } else {
      read.bind(1, key);
    }
    const bool there =
        read.step() && (key == nullptr || is_same(sqlite3_column_value(read.get(), 0), key));
    if (!there) {
      ++measured.gone;
      continue;
    }
    const SearchVector vector(sqlite3_column_value(read.get(), 1));
    vector.check(search.index.type, "search");
    best.offer(distance(vector.view(), search.query.view(), kernels()),
               static_cast<std::int64_t>(position), sqlite3_column_value(read.get(), 0));
  }
  measured.nearest = std::move(best).in_order();
  return measured;
}

}  // namespace

std::optional<std::vector<Neighbour>> find_by_sketches(sqlite3* db, const Index& index,
                                                       const SearchVector& query,
                                                       std::int64_t count, SketchCaches& caches) {
  SketchCache& cache = caches.of(index.name);
  if (!cache.refresh(db, index)) return std::nullopt;
  const auto values = regular(query.view(), index.metric);
  if (!values) return std::nullopt;
  const Search search{db, index, query, count};
  const SketchQuery sketched(cache.sketcher(), *values);
  const std::vector<std::int64_t> ranked = cache.centres().ranked(*values);
  const auto wanted = static_cast<std::size_t>(std::max(index.search_l, 4 * count));
  const std::size_t probes = probes_of(cache.state(), ranked.size(), wanted);
  for (std::size_t tried = wanted;;) {
    Estimated estimated = estimate(search, cache, ranked, sketched, probes, tried);
    Measured measured = measure(search, rows_of(search, std::move(estimated.ids)));
    if (estimated.all || measured.gone == 0) return std::move(measured.nearest);
    // Rows that are gone took the places of others.
    if (tried - std::min(tried, measured.gone) >= wanted) return std::move(measured.nearest);
    tried += measured.gone + wanted / 4;
  }
}

}  // namespace libsql::vector
