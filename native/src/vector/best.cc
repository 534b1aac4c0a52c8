#include "vector/best.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace libsql::vector {

namespace {

bool is_nearer(const Neighbour& left, const Neighbour& right) {
  const bool left_nan = std::isnan(left.distance);
  const bool right_nan = std::isnan(right.distance);
  if (left_nan != right_nan) return right_nan;
  if (!left_nan && left.distance != right.distance) return left.distance < right.distance;
  return left.position < right.position;
}

}  // namespace

double Best::limit() const noexcept {
  if (found_.size() < count_ || std::isnan(found_.front().distance)) {
    return std::numeric_limits<double>::infinity();
  }
  return found_.front().distance;
}

void Best::offer(double distance, std::int64_t position, sqlite3_value* key) {
  Neighbour candidate{distance, position, nullptr};
  if (found_.size() == count_) {
    if (!is_nearer(candidate, found_.front())) return;
    std::pop_heap(found_.begin(), found_.end(), &is_nearer);
    found_.pop_back();
  }
  candidate.key = copy_of(key);
  found_.push_back(std::move(candidate));
  std::push_heap(found_.begin(), found_.end(), &is_nearer);
}

std::vector<Neighbour> Best::in_order() && {
  std::sort_heap(found_.begin(), found_.end(), &is_nearer);
  return std::move(found_);
}

}  // namespace libsql::vector
