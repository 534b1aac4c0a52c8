#include "vector/nearest.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <string>
#include <utility>

#include "vector/arguments.h"
#include "vector/distance.h"
#include "vector/failure.h"
#include "vector/kernels.h"
#include "vector/sqlite_statement.h"
#include "vector/text.h"

namespace libsql::vector {

namespace {

void check_same(const char* doing, const char* what, std::size_t got, std::size_t wanted) {
  if (got == wanted) return;
  throw Failure(std::string("vector index(") + doing + "): " + what + ": " + std::to_string(got) +
                " != " + std::to_string(wanted));
}

bool is_nearer(const Neighbour& left, const Neighbour& right) {
  const bool left_nan = std::isnan(left.distance);
  const bool right_nan = std::isnan(right.distance);
  if (left_nan != right_nan) return right_nan;
  if (!left_nan && left.distance != right.distance) return left.distance < right.distance;
  return left.position < right.position;
}

// The nearest so far, as a heap with the farthest on top.
class Best {
 public:
  explicit Best(std::int64_t count) : count_(static_cast<std::size_t>(count)) {}

  void offer(double distance, std::int64_t position, sqlite3_value* key) {
    Neighbour candidate{distance, position, nullptr};
    if (found_.size() == count_) {
      if (!is_nearer(candidate, found_.front())) return;
      std::pop_heap(found_.begin(), found_.end(), &is_nearer);
      found_.pop_back();
    }
    candidate.key.reset(sqlite3_value_dup(key));
    if (candidate.key == nullptr) throw std::bad_alloc();
    found_.push_back(std::move(candidate));
    std::push_heap(found_.begin(), found_.end(), &is_nearer);
  }

  std::vector<Neighbour> in_order() && {
    std::sort_heap(found_.begin(), found_.end(), &is_nearer);
    return std::move(found_);
  }

 private:
  std::size_t count_;
  std::vector<Neighbour> found_;
};

}  // namespace

SearchVector::SearchVector(sqlite3_value* value) {
  const Argument argument(value);
  if (argument.is_text()) {
    numbers_ = parse_floats(argument.text());
    view_ = view_of(numbers_);
  } else {
    view_ = argument.view();
  }
}

void SearchVector::check(const ColumnType& type, const char* doing) const {
  check_same(doing, "dimensions are different", view_.dimensions, type.dimensions);
  check_same(doing, "vector type differs from column type", static_cast<std::size_t>(view_.element),
             static_cast<std::size_t>(type.element));
}

std::vector<Neighbour> find_nearest(sqlite3* db, const Index& index, const SearchVector& query,
                                    std::int64_t count) {
  query.check(index.type, "search");
  if (count == 0) return {};
  const auto distance = index.metric == Metric::cosine ? &cosine_distance : &l2_distance;
  Best best(count);
  SqliteStatement rows(db, index.rows);
  for (std::int64_t position = 0; rows.step(); ++position) {
    // SQLite holds the connection's mutex meanwhile, so its values may be read in place.
    const SearchVector vector(sqlite3_column_value(rows.get(), 1));
    vector.check(index.type, "search");
    best.offer(distance(vector.view(), query.view(), kernels()), position,
               sqlite3_column_value(rows.get(), 0));
  }
  return std::move(best).in_order();
}

}  // namespace libsql::vector
