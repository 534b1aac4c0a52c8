#include "vector/calibration.h"

#include <algorithm>

#include "vector/kernels.h"

namespace libsql::vector {

namespace {

constexpr std::size_t kNearest = 10;
// Of the nearest rows, so many per thousand are to be found. Searches lose a few more to
// estimates, and are to find 995.
constexpr std::size_t kWanted = 999;

double dot(std::span<const float> left, std::span<const float> right) noexcept {
  return kernels().dot_float32(std::as_bytes(left).data(), std::as_bytes(right).data(),
                               left.size());
}

}  // namespace

Calibration::Calibration(VectorSet queries, std::vector<std::int64_t> rows)
    : queries_(std::move(queries)), rows_(std::move(rows)), nearest_(rows_.size()) {}

void Calibration::offer(std::int64_t row, std::span<const float> vector, std::int64_t list) {
  std::size_t itself = rows_.size();
  while (next_ < rows_.size() && rows_[next_] < row) ++next_;
  if (next_ < rows_.size() && rows_[next_] == row) itself = next_++;
  const double half = dot(vector, vector) / 2;
  for (std::size_t query = 0; query < rows_.size(); ++query) {
    if (query == itself) continue;
    const double score = dot(queries_[query], vector) - half;
    std::vector<Near>& nearest = nearest_[query];
    if (nearest.size() == kNearest) {
      if (score <= nearest.back().score) continue;
      nearest.pop_back();
    }
    const auto place =
        std::ranges::upper_bound(nearest, score, std::ranges::greater{}, &Near::score);
    nearest.insert(place, Near{score, list});
  }
}

std::int64_t Calibration::probes(const Centres& centres, const Sketcher& sketcher) const {
  // How many of the nearest are in the lists of each rank.
  std::vector<std::size_t> found(centres.size());
  std::size_t all = 0;
  for (std::size_t query = 0; query < rows_.size(); ++query) {
    const std::vector<float> turned = sketcher.turned(queries_[query]);
    Ranking ranked(centres, turned);
    for (const Near& near : nearest_[query]) {
      ++all;
      std::size_t rank = 0;
      while (ranked[rank].list != near.list) ++rank;
      ++found[rank];
    }
  }
  std::size_t sum = 0;
  for (std::size_t rank = 0; rank < found.size(); ++rank) {
    sum += found[rank];
    if (1000 * sum >= kWanted * all) return static_cast<std::int64_t>(rank) + 1;
  }
  return static_cast<std::int64_t>(centres.size());
}

}  // namespace libsql::vector
